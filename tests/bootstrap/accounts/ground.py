"""The services over the stores of a data directory."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from codex_proxy.access.bound_keys import BoundKeys
from codex_proxy.bootstrap.accounts.egress import egress_services
from codex_proxy.bootstrap.accounts.logins import logins
from codex_proxy.bootstrap.accounts.opening import open_account_stores
from codex_proxy.bootstrap.accounts.services import AccountServices, new_row_id
from codex_proxy.bootstrap.accounts.upkeep import upkeep
from codex_proxy.bootstrap.clock import SystemClock
from codex_proxy.bootstrap.outgoing.upstream import UpstreamGround, make_upstream
from codex_proxy.operations.jobs_book import JobBook
from codex_proxy.settings.schema import Settings
from codex_proxy.storage.sealing.sources import KeyFile
from tests.operations.egress.stage import StandInKeeper


@asynccontextmanager
async def services_in(
    data_dir: Path, complaints: list[str] | None = None, **auth: Any
) -> AsyncIterator[AccountServices]:
    """Services with these settings of ``auth``, while the block runs."""
    settings = Settings()
    settings = settings.model_copy(update={"auth": settings.auth.model_copy(update=auth)})
    clock, heard = SystemClock(), [] if complaints is None else complaints
    stores = await open_account_stores(settings.storage, data_dir=data_dir, keys=KeyFile(data_dir), now=clock.now())
    async with AsyncExitStack() as stack:
        stack.push_async_callback(stores.close)
        upstream = make_upstream(
            UpstreamGround(
                settings=settings,
                stores=stores,
                bound_keys=BoundKeys(b"pepper"),
                data_dir=data_dir,
                installation_id="installation",
                clock=clock,
                complain=lambda where, error: heard.append(f"{where}: {error}"),
            )
        )
        stack.push_async_callback(upstream.accounts.ground.clients.close)
        yield upstream.accounts


def kept_up(services: AccountServices) -> AbstractAsyncContextManager[None]:
    """Everything that goes on all the time, while the block runs."""
    ground = services.ground
    egress = egress_services(services, keeper=StandInKeeper(), overriding={})
    jobs = JobBook(clock=ground.clock, new_id=new_row_id, complain=ground.complain)
    return upkeep(services, logins(services), egress, jobs)
