"""A gateway for commands: a household behind a control plane, in this process or on a socket."""

import asyncio
import io
import itertools
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Protocol, cast

from litestar import Litestar
from litestar.types import ControllerRouterHandler
from rich.console import Console

from codex_proxy.bootstrap.commands.announcing import announced
from codex_proxy.cli.accounts import AccountScene
from codex_proxy.cli.asking import Gateway, InnerPlane
from codex_proxy.operations.egress.book import EgressBook, EgressPolicy
from codex_proxy.operations.egress.pool import PoolParts, ProxyPool
from codex_proxy.operations.transfer.exporting import AccountExport
from codex_proxy.operations.transfer.importing import AccountImport
from codex_proxy.operations.transfer.parts import TransferParts
from codex_proxy.server.admin.transfer import TransferDesk, transfer_routes
from codex_proxy.server.listeners import Listener, bind_loopback
from tests.operations.accounts.household import Household
from tests.server.admin.accounts.plane import Keys, Plane
from tests.stores.places import in_memory


class Openable(Protocol):
    """A gateway that may be asked while it is open."""

    @property
    def application(self) -> Litestar: ...

    def open(self) -> AbstractAsyncContextManager[Any]: ...


class Gatehouse(Plane):
    """The control plane with imports and exports."""

    def further_routes(self) -> Sequence[ControllerRouterHandler]:
        parts = _transfer(self.house)
        desk = TransferDesk(
            imports=AccountImport(parts), exports=AccountExport(parts), jobs=self.jobs, authenticator=Keys()
        )
        return transfer_routes(desk)

    def gateway(self) -> Gateway:
        return Gateway(InnerPlane(cast("Any", self.application)), token="boss")

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Gateway]:
        async with self.house.serving(), self.jobs.serving():
            yield self.gateway()
            await self.browser.close()
            await self.devices.close()


def _transfer(house: Household) -> TransferParts:
    numbers = itertools.count(0xABC0)
    book = EgressBook(policy=EgressPolicy(), now=house.clock.now)
    return TransferParts(
        store=house.store,
        pool=house.pool,
        live=house.keeper,
        refreshing=house.refresher,
        proxies=ProxyPool(
            PoolParts(
                store=in_memory().egress,
                book=book,
                now=house.clock.now,
                new_id=lambda: f"{next(numbers):016x}",
                taken=lambda _: None,
                rerouted=_nobody_cares,
            )
        ),
        clock=house.clock,
        issuer=house.issuer.issuer,
        client_id="app_x",
        new_id=lambda: f"{next(numbers):016x}",
    )


async def _nobody_cares(row_ids: Any) -> None:
    pass


class Seen:
    """What a command showed."""

    def __init__(self) -> None:
        self.out, self.err = io.StringIO(), io.StringIO()
        self.console = Console(file=self.out, width=200, soft_wrap=True)
        self.progress = Console(file=self.err, width=200)

    @property
    def text(self) -> str:
        return self.out.getvalue()


def scene(gateway: Gateway, seen: Seen) -> AccountScene:
    return AccountScene(gateway=gateway, console=seen.console, progress=seen.progress, sleep=_soon)


async def _soon(seconds: float) -> None:
    await asyncio.sleep(0)


@contextmanager
def listening(gatehouse: Openable, data_dir: Path) -> Iterator[str]:
    """The gatehouse on a socket, in a thread of its own, announced in a data directory; its URL."""
    ready, urls = threading.Event(), list[str]()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        async with gatehouse.open():
            listener = Listener(cast("Any", gatehouse.application), bind_loopback(0))
            await listener.start()
            urls.append(f"http://127.0.0.1:{listener.addresses[0][1]}")
            with announced(data_dir, url=urls[0], token="boss"):
                ready.set()
                await stop.wait()
            await listener.stop()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    try:
        assert ready.wait(30)
        yield urls[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(30)
        loop.close()
