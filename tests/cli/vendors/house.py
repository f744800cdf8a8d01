"""A gateway with vendor keys for commands."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from codex_proxy.cli.asking import Gateway, InnerPlane
from codex_proxy.cli.vendors.work import VendorScene
from tests.cli.gatehouse import Seen
from tests.server.admin.vendor_keys.plane import Plane


class House(Plane):
    """The control plane over vendor keys."""

    def gateway(self) -> Gateway:
        return Gateway(InnerPlane(cast("Any", self.application)), token="boss")

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Gateway]:
        yield self.gateway()

    def scene(self, seen: Seen) -> VendorScene:
        return VendorScene(gateway=self.gateway(), console=seen.console)
