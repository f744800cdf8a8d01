"""A gateway with handed-out keys for commands."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from litestar import Litestar

from codex_proxy.cli.asking import Gateway, InnerPlane
from codex_proxy.cli.keys.work import KeyScene
from tests.cli.gatehouse import Seen
from tests.operations.granted.stage import Desk, desk
from tests.server.admin.client_keys.plane import application


class House:
    """The control plane over keys in ``folder``, while it is open."""

    application: Litestar
    desk: Desk

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.defects: list[str] = []

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Gateway]:
        async with desk(self._folder) as self.desk:
            self.application = application(self.desk, self.defects)
            inner: Any = self.application
            yield Gateway(InnerPlane(inner), token="boss")
        assert self.defects == []


@asynccontextmanager
async def scene(folder: Path, seen: Seen) -> AsyncIterator[KeyScene]:
    """A command's scene."""
    async with House(folder).open() as gateway:
        yield KeyScene(gateway=gateway, console=seen.console)
