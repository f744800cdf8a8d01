"""What has to be done for accounts at the start, all the time, and at the end.

Rules of this file: a store that cannot be read is no reason not to serve what the settings name, by the global way.
Ways out that cannot be read are one, since somebody would leave by another than his own.  Tokens of another issuer than
the settings' are a reason not to start, since they would go to somebody they do not belong to.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

from codex_proxy.accounts.account import Account
from codex_proxy.accounts.issuer import grant_of
from codex_proxy.accounts.keeping import Egresses
from codex_proxy.accounts.record import Secrets
from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.bootstrap.accounts.egress import EgressServices
from codex_proxy.bootstrap.accounts.logins import Logins
from codex_proxy.bootstrap.accounts.services import AccountServices, new_row_id
from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.jobs.standing import LastWrite, StandingJob, going_on, patiently, written_at_end
from codex_proxy.operations.egress.checks import LOOK_SECONDS as CHECKS_SECONDS
from codex_proxy.operations.jobs_book import JobBook
from codex_proxy.operations.keeping.effects import EFFECT_SECONDS
from codex_proxy.operations.keeping.keeper import FOLLOW_SECONDS, TRIM_SECONDS, WRITE_SECONDS
from codex_proxy.operations.login.outcomes import new_account
from codex_proxy.storage.legacy.importing import import_node_files
from codex_proxy.transports.cookie_keeping import WRITE_SECONDS as COOKIES_SECONDS

FILES_SECONDS: Final = 5.0
COUNTERS_SECONDS: Final = 5.0


async def load(services: AccountServices, configured: Sequence[Account]) -> None:
    """Take in what is kept, and the accounts whose tokens the settings name.

    Raises:
        StartRefused: an account came from another issuer than the settings name.
    """
    ground = services.ground
    if ground.stores.health.ok:
        try:
            ground.book.take(await ground.stores.egress.load())
            await _import_node_files(services)
            await services.keeper.load()
            await services.counters.read()
            await ground.jars.load()
        except StoreUnusable as error:
            ground.complain("accounts are not loaded", error)
    else:
        ground.complain("accounts are not loaded", StoreUnusable(ground.stores.health.message or ""))
        ground.book.take(Egresses())
    _refuse_foreign(services)
    for account in configured:
        await _take_configured(services, account)
    services.ground.watch.tell()


@asynccontextmanager
async def upkeep(
    services: AccountServices, logins: Logins, egress: EgressServices, jobs: JobBook
) -> AsyncIterator[None]:
    """Keep accounts fresh, followed and written while the block runs; at its end everything is written.

    ``jobs`` that were begun meanwhile end before what they work with does.
    """
    clock, complain = services.ground.clock, services.ground.complain
    writes = (services.keeper.write, services.counters.write, services.ground.jars.write)
    async with written_at_end([LastWrite("accounts are not written", write, complain) for write in writes]):
        async with (
            services.refresher.serving(),
            jobs.serving(),
            going_on(_jobs(services, logins, egress), clock=clock),
        ):
            yield
        await logins.close()


def _jobs(services: AccountServices, logins: Logins, egress: EgressServices) -> tuple[StandingJob, ...]:
    complain, keeper = services.ground.complain, services.keeper

    def job(name: str, run: Callable[[], Awaitable[bool]], seconds: float) -> StandingJob:
        return StandingJob(name, run, patiently(seconds), complain)

    async def follow_egress() -> bool:
        await egress.pool.follow()
        services.ground.watch.tell()
        return True

    async def follow_files() -> bool:
        for told in await logins.follower.look():
            if told.message:
                complain(f"the file that account {told.row_id} follows", ValueError(told.message))
        return True

    always = (job("effects", services.effects.run, EFFECT_SECONDS),)
    if not services.ground.stores.health.ok:
        return always
    return (
        *always,
        job("following the store", keeper.follow, FOLLOW_SECONDS),
        job("writing accounts", keeper.write, WRITE_SECONDS),
        job("writing counters", services.counters.write, COUNTERS_SECONDS),
        job("trimming the store", keeper.trim, TRIM_SECONDS),
        job("writing cookies", services.ground.jars.write, COOKIES_SECONDS),
        job("accounts that went", services.see_off, FOLLOW_SECONDS),
        job("checks of proxies", egress.checks.run_due, CHECKS_SECONDS),
        job("following the egresses", follow_egress, FOLLOW_SECONDS),
        job("followed files", follow_files, FILES_SECONDS),
    )


async def _import_node_files(services: AccountServices) -> None:
    ground = services.ground
    done = await import_node_files(
        ground.data_dir,
        accounts=ground.stores.accounts,
        marks=ground.stores.marks,
        issuer=services.endpoint.issuer,
        now=ground.clock.now(),
    )
    for told in done.skipped if done is not None else ():
        ground.complain("taking over the accounts of another gateway", ValueError(told))


def _refuse_foreign(services: AccountServices) -> None:
    ours = services.endpoint.issuer
    kept = {record.identity.issuer for record in services.ground.pool.records()}
    # A simulated issuer has another port at each start, and what it issued opens nothing anywhere.
    foreign = sorted(issuer for issuer in kept - {ours} if not (_is_simulated(ours) and _is_simulated(issuer)))
    if foreign:
        raise StartRefused(
            f"accounts in the data directory came from {', '.join(foreign)}, but auth.oauth_token_endpoint is at "
            f"{ours}; their tokens would go to another issuer: use another data directory, or that issuer"
        )


def _is_simulated(issuer: str) -> bool:
    return issuer.startswith("http://127.0.0.1:")


async def _take_configured(services: AccountServices, account: Account) -> None:
    ground = services.ground
    secrets = Secrets(access_token=account.credential.token)
    grant = grant_of(secrets, issuer=services.endpoint.issuer, now=ground.clock.now())
    taken = account.row_id in ground.pool
    new = new_account(grant, row_id=new_row_id() if taken else account.row_id)
    try:
        outcome = await ground.stores.accounts.put(new, now=ground.clock.now())
    except StoreUnusable:
        ground.pool.add(account, ground.clock.now())
        return
    await services.keeper.take(outcome.record)
