"""What the owner does with accounts, put together: the use cases and their routes on the control plane.

Rules of this file: objects are made here, rules are elsewhere.
"""

import uuid

from litestar.handlers import HTTPRouteHandler

from codex_proxy.accounts.quota.warnings import Thresholds
from codex_proxy.bootstrap.accounts.services import new_row_id
from codex_proxy.bootstrap.control.late import ControlGround
from codex_proxy.operations.accounts.changes import AccountChanges, ChangeParts
from codex_proxy.operations.accounts.checking import AccountChecks, CheckParts
from codex_proxy.operations.accounts.credits import CreditParts, ResetCreditDesk
from codex_proxy.operations.accounts.explaining import Explaining
from codex_proxy.operations.accounts.parts import AssignedProxy
from codex_proxy.operations.accounts.quota import QuotaLooks, QuotaParts
from codex_proxy.operations.accounts.views import AccountViews, ViewParts
from codex_proxy.operations.transfer.exporting import AccountExport
from codex_proxy.operations.transfer.importing import AccountImport
from codex_proxy.operations.transfer.parts import TransferParts
from codex_proxy.server.admin.accounts.changing import changing_routes
from codex_proxy.server.admin.accounts.checking import checking_routes
from codex_proxy.server.admin.accounts.explaining import explaining_routes
from codex_proxy.server.admin.accounts.listing import listing_routes
from codex_proxy.server.admin.accounts.logging_in import LoginDesk, login_routes
from codex_proxy.server.admin.accounts.quota import quota_routes
from codex_proxy.server.admin.catalogue import catalogue_routes
from codex_proxy.server.admin.egress.assignments import AssignmentDesk, assignment_routes
from codex_proxy.server.admin.egress.cookies import cookie_routes
from codex_proxy.server.admin.egress.proxies import ProxyDesk, proxy_routes
from codex_proxy.server.admin.jobs import jobs_routes
from codex_proxy.server.admin.transfer import TransferDesk, transfer_routes
from codex_proxy.settings.schema import Settings


def owners_routes(ground: ControlGround) -> tuple[HTTPRouteHandler, ...]:
    """The routes over the use cases of accounts."""
    services = ground.services
    below = services.ground
    views, quota, checks = _looking(ground)
    changes = AccountChanges(
        ChangeParts(
            store=below.stores.accounts,
            pool=below.pool,
            live=services.keeper,
            views=views,
            counters=services.counters,
            tokens=ground.logins.tokens,
            issuer=services.endpoint,
            clock=below.clock,
        )
    )
    thresholds = ground.live.derived(_thresholds)
    return (
        *login_routes(_login_desk(ground, views, changes)),
        *listing_routes(views, quota, changes),
        *changing_routes(changes),
        *checking_routes(checks, ground.jobs),
        *quota_routes(quota, _credits(ground, views), views, thresholds=thresholds, now=below.clock.now),
        *catalogue_routes(ground.routing.lists, ground.routing.explaining(below.pool, below.clock)),
        *explaining_routes(Explaining(explain=ground.explain, pool=below.pool)),
        *jobs_routes(ground.jobs),
        *transfer_routes(_transfer_desk(ground)),
        *_egress_routes(ground, views),
    )


def _login_desk(ground: ControlGround, views: AccountViews, changes: AccountChanges) -> LoginDesk:
    return LoginDesk(
        browser=ground.logins.browser,
        devices=ground.logins.device,
        cli=ground.logins.cli_import,
        changes=changes,
        views=views,
        inference_key=ground.inference_key,
        now=ground.services.ground.clock.now,
    )


def _looking(ground: ControlGround) -> tuple[AccountViews, QuotaLooks, AccountChecks]:
    services = ground.services
    below = services.ground

    def proxy_of(row_id: str) -> AssignedProxy:
        way = ground.egress.assignments.of(row_id)
        return AssignedProxy(proxy_id=way.proxy_id, proxy_name=way.proxy_name)

    views = AccountViews(
        ViewParts(
            pool=below.pool,
            counters=services.counters,
            clock=below.clock,
            persistence=lambda: below.stores.health,
            proxy_of=proxy_of,
            credits_per_usd=lambda: ground.live.get().usage_stats.credits_per_usd,
        )
    )
    quota = QuotaLooks(QuotaParts(pool=below.pool, views=views, queries=services.queries, clock=below.clock))
    checks = AccountChecks(
        CheckParts(pool=below.pool, views=views, quota=quota, renewing=services.refresher, clock=below.clock)
    )
    return views, quota, checks


def _credits(ground: ControlGround, views: AccountViews) -> ResetCreditDesk:
    services = ground.services
    return ResetCreditDesk(
        CreditParts(
            pool=services.ground.pool,
            live=services.keeper,
            views=views,
            asker=services.asker,
            queries=services.queries,
            clock=services.ground.clock,
            client=services.ground.client,
            new_uuid4=lambda: str(uuid.uuid4()),
        )
    )


def _transfer_desk(ground: ControlGround) -> TransferDesk:
    services = ground.services
    parts = TransferParts(
        store=services.ground.stores.accounts,
        pool=services.ground.pool,
        live=services.keeper,
        refreshing=services.refresher,
        proxies=ground.egress.pool,
        clock=services.ground.clock,
        issuer=services.endpoint.issuer,
        client_id=services.ground.settings.auth.oauth_client_id,
        new_id=new_row_id,
    )
    return TransferDesk(
        imports=AccountImport(parts),
        exports=AccountExport(parts),
        jobs=ground.jobs,
        authenticator=ground.authenticator,
    )


def _egress_routes(ground: ControlGround, views: AccountViews) -> list[HTTPRouteHandler]:
    below, egress = ground.services.ground, ground.egress
    proxies = ProxyDesk(
        pool=egress.pool,
        checks=egress.checks,
        book=below.book,
        clock=below.clock,
        authenticator=ground.authenticator,
    )
    assignments = AssignmentDesk(
        proxies=proxies,
        assignments=egress.assignments,
        accounts=below.pool.records,
        status_of=lambda row_id: views.status(row_id).status.value,
    )
    return [*proxy_routes(proxies), *assignment_routes(assignments), *cookie_routes(egress.cookies)]


def _thresholds(settings: Settings) -> Thresholds:
    levels = settings.quota.warning_thresholds
    return Thresholds(**{name: tuple(map(float, each)) for name, each in levels.items()})
