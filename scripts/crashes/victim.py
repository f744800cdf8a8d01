"""The process that gets killed: keeps accounts, renews them all the time, and says what it was told is kept.

Run by ``check`` as ``python -m scripts.crashes.victim DATA_DIR BASE_URL COUNT``.  It writes ``kept NAME`` once an
account's place in the store was confirmed, and ``ready`` once it works.
"""

import asyncio
import os
import sys
from pathlib import Path

import httpx

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


def tell(line: str) -> None:
    """Write a line that survives being killed right after."""
    os.write(1, f"{line}\n".encode())


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


async def bring(services: AccountServices, base_url: str, count: int) -> None:
    """Log accounts in, one after the other, while others are renewed."""
    store = services.ground.stores.accounts
    async with httpx.AsyncClient(base_url=simulated_urls(base_url).issuer) as simulator:
        for _ in range(count):
            name = f"account-{new_row_id()}"
            told = (await simulator.post("/__grant", json={"accounts": [name]})).json()["granted"][0]
            secrets = Secrets(access_token=told["access_token"], refresh_token=told["refresh_token"])
            now = services.ground.clock.now()
            grant = grant_of(secrets, issuer=services.endpoint.issuer, now=now)
            await store.put(new_account(grant, row_id=new_row_id()), now=now)
            tell(f"kept {told['account']}")


async def main(data_dir: Path, base_url: str, count: int) -> None:
    """Work until killed."""
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
            complain=lambda where, error: tell(f"trouble {where}: {error}"),
        )
    )
    services = upstream.accounts
    await load(services, ())
    egress = egress_services(services, settings_path=data_dir / "local.yaml")
    jobs = JobBook(clock=clock, new_id=new_row_id, complain=services.ground.complain)
    async with upkeep(services, logins(services), egress, jobs):
        tell("ready")
        await bring(services, base_url, count)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
