"""The process that gets killed: keeps accounts, renews them all the time, and says what it was told is kept.

Rules of this file: everything of a gateway that keeps accounts is at work, and nothing is said before it is true.
"""

import asyncio
import os
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeAlias

from codex_proxy.access.bound_keys import BoundKeys
from codex_proxy.accounts.issuer import grant_of
from codex_proxy.accounts.record import Secrets
from codex_proxy.bootstrap.accounts.egress import egress_services
from codex_proxy.bootstrap.accounts.logins import logins
from codex_proxy.bootstrap.accounts.opening import open_account_stores
from codex_proxy.bootstrap.accounts.services import AccountServices, new_row_id
from codex_proxy.bootstrap.accounts.upkeep import load, upkeep
from codex_proxy.bootstrap.clock import SystemClock
from codex_proxy.bootstrap.outgoing.upstream import UpstreamGround, make_upstream
from codex_proxy.bootstrap.simulated import simulated_urls
from codex_proxy.operations.jobs_book import JobBook
from codex_proxy.operations.login.outcomes import new_account
from codex_proxy.settings.schema import Settings
from codex_proxy.storage.sealing.sources import KeyFile

PAUSE_SECONDS = 0.01

Granted: TypeAlias = tuple[str, str, str]
"""An account that logs in, its access token and its refresh token."""


class Telling:
    """Lines that survive being killed right after."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def kept(self, account: str) -> None:
        """An account's place in the store was confirmed."""
        self._tell(f"kept {account}")

    def renewed(self) -> None:
        """Some account has a new pair, on disk."""
        self._tell("renewed")

    def trouble(self, where: str, error: Exception) -> None:
        """Something went wrong and on."""
        self._tell(f"trouble {where}: {error}")

    def _tell(self, line: str) -> None:
        os.write(self._pipe.fileno(), f"{line}\n".encode())


class KeepsNothing:
    """Implements ``SettingsKeeper``: nobody changes settings here."""

    async def keep(self, values: Mapping[str, Any]) -> None:
        """See ``SettingsKeeper``."""


def settings_for(base_url: str) -> Settings:
    """Settings that renew at once whatever is due, as much at a time as there is."""
    urls, known = simulated_urls(base_url), Settings()
    auth = known.auth.model_copy(
        update={
            "oauth_auth_endpoint": urls.authorize,
            "oauth_token_endpoint": urls.token,
            "refresh_concurrency": 50,
        }
    )
    api = known.api.model_copy(update={"base_url": base_url})
    return known.model_copy(update={"auth": auth, "api": api})


async def bring(services: AccountServices, granted: Sequence[Granted], told: Telling) -> None:
    """Log accounts in, one after the other, while others are renewed."""
    store = services.ground.stores.accounts
    for account, access_token, refresh_token in granted:
        secrets = Secrets(access_token=access_token, refresh_token=refresh_token)
        now = services.ground.clock.now()
        grant = grant_of(secrets, issuer=services.endpoint.issuer, now=now)
        await store.put(new_account(grant, row_id=new_row_id()), now=now)
        told.kept(account)


async def renew(services: AccountServices, told: Telling) -> None:
    """Renew every account again and again, all of them at a time."""

    async def exchange(row_id: str) -> None:
        if (await services.refresher.refresh(row_id)).has_newer:
            told.renewed()

    while True:
        async with asyncio.TaskGroup() as exchanges:
            for record in services.ground.pool.records():
                exchanges.create_task(exchange(record.row_id))
        await asyncio.sleep(PAUSE_SECONDS)


def run(pipe: Connection, data_dir: str, base_url: str, granted: Sequence[Granted]) -> None:
    """Log these accounts in and work until killed; the lines of ``Telling`` go into ``pipe``."""
    asyncio.run(work(Telling(pipe), Path(data_dir), base_url, granted))


async def work(told: Telling, data_dir: Path, base_url: str, granted: Sequence[Granted]) -> None:
    """See ``run``."""
    settings, clock = settings_for(base_url), SystemClock()
    stores = await open_account_stores(settings.storage, data_dir=data_dir, keys=KeyFile(data_dir), now=clock.now())
    upstream = make_upstream(
        UpstreamGround(
            settings=settings,
            stores=stores,
            bound_keys=BoundKeys(b"pepper"),
            data_dir=data_dir,
            installation_id="victim",
            clock=clock,
            complain=told.trouble,
        )
    )
    services = upstream.accounts
    await load(services, ())
    egress = egress_services(services, keeper=KeepsNothing(), overriding={})
    jobs = JobBook(clock=clock, new_id=new_row_id, complain=services.ground.complain)
    async with upkeep(services, logins(services), egress, jobs), asyncio.TaskGroup() as group:
        group.create_task(renew(services, told))
        await bring(services, granted, told)
