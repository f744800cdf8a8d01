"""An index, an installation and a machine for the tests of updates."""

import json
from collections.abc import Sequence
from typing import Any

from codex_proxy.operations.updates.own.index import IndexUnread
from codex_proxy.operations.updates.own.installation import Facts
from codex_proxy.operations.updates.own.updater import (
    Former,
    NotUpdated,
    Ran,
    UpdateLock,
    UpdateMode,
    Updater,
    UpdaterParts,
)
from tests.gateway.scene import FakeClock

INDEX = "https://index.invalid/simple"
SHA = "ab" * 32


def file(version: str, **members: Any) -> dict[str, Any]:
    """One wheel as an index tells it."""
    name = f"codex_proxy-{version}-py3-none-any.whl"
    return {"filename": name, "url": f"../files/{name}", "hashes": {"sha256": SHA}} | members


def project(*files: dict[str, Any]) -> bytes:
    """The answer of an index."""
    return json.dumps({"meta": {"api-version": "1.0"}, "name": "codex-proxy", "files": files}).encode()


def facts(**told: Any) -> Facts:
    """An environment that ``uv tool`` made."""
    usual: dict[str, Any] = {
        "python": "/tool/bin/python",
        "python_version": "3.12.4",
        "in_container": False,
        "is_editable": False,
        "is_cached": False,
        "has_own_environment": True,
        "has_uv_receipt": True,
        "has_pipx_record": False,
        "installer": "uv",
        "uv": "/bin/uv",
    }
    return Facts(**(usual | told))


class OneLock:
    """Whoever takes it has it."""

    def __init__(self) -> None:
        self.is_taken = False
        self.trouble: str | None = None

    def try_take(self) -> bool:
        if self.trouble is not None:
            raise NotUpdated(self.trouble)
        was_taken, self.is_taken = self.is_taken, True
        return not was_taken

    def free(self) -> None:
        self.is_taken = False


class World:
    """An updater, and everything that it asked and did."""

    def __init__(
        self,
        *versions: str,
        mode: UpdateMode = UpdateMode.APPLY,
        index_url: str | None = INDEX,
        lock: UpdateLock | None = None,
        **told: Any,
    ) -> None:
        self.body: bytes | None = project(*map(file, versions))
        self.asked: list[str] = []
        self.ran: list[tuple[str, ...]] = []
        self.failing: tuple[str, ...] = ()
        self.starts: str | None = None
        self.kept: Former | None = None
        self.is_shut = False
        self.lock = lock or OneLock()
        self.updater = Updater(
            UpdaterParts(
                current="0.1.0",
                facts=facts(**told),
                mode=mode,
                index_url=index_url,
                prereleases=lambda: False,
                read=self.read,
                machine=self,
                store=self,
                lock=self.lock,
                clock=FakeClock(),
            )
        )

    async def read(self, url: str) -> bytes:
        self.asked.append(url)
        if self.body is None:
            raise IndexUnread("the index answered 500")
        return self.body

    async def run(self, command: Sequence[str]) -> Ran:
        self.ran.append(tuple(command))
        if any(word in command for word in self.failing):
            return Ran(status=1, output="no room left\n")
        wanted = [word.partition("==")[2] for ran in self.ran for word in ran if "==" in word]
        return Ran(status=0, output=f"codex-proxy {self.starts or wanted[-1]}\n")

    async def write(self, text: str) -> str:
        return f"file of {text}"

    def load(self) -> Former | None:
        if self.is_shut:
            raise NotUpdated("the file cannot be read")
        return self.kept

    def keep(self, former: Former | None) -> None:
        if self.is_shut:
            raise NotUpdated("the file cannot be written")
        self.kept = former

    async def update(self, *, back: bool = False) -> list[tuple[str, str]]:
        """The steps of an update that ended."""
        return [(step.step, step.status) async for step in await self.updater.begin(back=back)]
