"""Checks of accounts: ``/auth/accounts/{id}/refresh`` and ``/auth/accounts/health-check``.

Rules of this file: what takes long is a job, since proxies cut long requests; see ``/admin/jobs``.  Source: spec,
accounts, 9.2.
"""

from typing import Annotated, Any, Final

import msgspec
from litestar import Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED

from codex_proxy.operations.accounts.checking import AccountChecks, Checked, CheckPlan, CheckResult
from codex_proxy.operations.jobs_book import JobBook, Ticket
from codex_proxy.server.admin.accounts.listing import ACCOUNT_PATH, ACCOUNTS_PATH
from codex_proxy.server.admin.jobs import JOBS_PATH
from codex_proxy.server.admin.wire.bodies import MOST_IDS, ControlRequest, RowId, RowIdText, prefers_job

JOB_KIND: Final = "accounts-health-check"
CHECKED_AT_ONCE: Final = 20  # so many are waited for; more are a job


class HealthCheck(msgspec.Struct, frozen=True, kw_only=True):
    """Which accounts (every enabled one where none is named), how far apart, and how many at once."""

    ids: Annotated[tuple[RowIdText, ...], msgspec.Meta(max_length=MOST_IDS)] | None = None
    stagger_ms: Annotated[int, msgspec.Meta(ge=500, le=30_000)] = 3000
    concurrency: Annotated[int, msgspec.Meta(ge=1, le=10)] = 2


class CheckBegun(msgspec.Struct, frozen=True, kw_only=True):
    """The check runs as this job; see ``/admin/jobs``."""

    job_id: str


def checking_routes(checks: AccountChecks, jobs: JobBook) -> list[HTTPRouteHandler]:
    """The routes."""

    @post(f"{ACCOUNT_PATH}/refresh", status_code=HTTP_200_OK, may_fail=(502,), summary="Refresh an account")
    async def refresh_account(row_id: RowId) -> CheckResult:
        """Renew its credential, or ask for its usage where there is nothing to renew it with."""
        return await checks.refresh(row_id)

    @post(f"{ACCOUNTS_PATH}/health-check", status_code=HTTP_200_OK, also={202: CheckBegun}, summary="Check accounts")
    async def health_check(
        request: ControlRequest, data: JSONBody[HealthCheck | None] = None
    ) -> Response[Checked | CheckBegun]:
        """Whether accounts work; of more than 20, and with ``Prefer: respond-async``, a job."""
        plan = checks.plan(_plan(data or HealthCheck()))
        if len(plan.row_ids) > CHECKED_AT_ONCE or prefers_job(request):
            return _begun(plan, checks, jobs)
        return Response(await checks.run(plan, Ticket()))

    return [refresh_account, health_check]


def _plan(wanted: HealthCheck) -> CheckPlan:
    return CheckPlan(row_ids=wanted.ids or (), stagger_seconds=wanted.stagger_ms / 1000, concurrency=wanted.concurrency)


def _begun(plan: CheckPlan, checks: AccountChecks, jobs: JobBook) -> Response[Any]:
    async def work(ticket: Ticket) -> Checked:
        return await checks.run(plan, ticket)

    job = jobs.start(JOB_KIND, work, total=len(plan.row_ids))
    headers = {"location": f"{JOBS_PATH}/{job.id}", "preference-applied": "respond-async"}
    return Response(CheckBegun(job_id=job.id), status_code=HTTP_202_ACCEPTED, headers=headers)
