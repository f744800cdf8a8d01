"""The log of changes for its owner: ``/admin/audit``."""

import asyncio
from typing import Annotated, Final

import msgspec
from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from codex_proxy.access.audit.entries import Entry
from codex_proxy.operations.access.auditing import Auditing

MOST_ENTRIES: Final = 1000


class AuditPage(msgspec.Struct, frozen=True, kw_only=True):
    """Entries, newest first; ``next_before`` asks for older ones, null at the end; ``lost`` could not be written."""

    entries: tuple[Entry, ...]
    next_before: int | None
    lost: int


class AuditVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """Whether nothing was changed, taken out or cut off; ``problems`` say what.

    Keep ``last_seal`` elsewhere to tell later that the log was not put back whole to an earlier state.
    """

    whole: bool
    entries: int
    problems: tuple[str, ...]
    last_seal: str


def audit_routes(auditing: Auditing) -> list[HTTPRouteHandler]:
    """The routes over one log."""

    @get("/admin/audit", summary="The log of changes")
    async def audit(
        limit: Annotated[int, QueryParameter(ge=1, le=MOST_ENTRIES, description="How many entries.")] = 100,
        before: Annotated[int | None, QueryParameter(ge=1, description="Only entries below this number.")] = None,
    ) -> AuditPage:
        """What was changed or refused, by whom, and from where."""
        entries = await asyncio.to_thread(auditing.store.entries, limit=limit, before=before)
        oldest = entries[-1].seq if entries else 1
        return AuditPage(entries=entries, next_before=oldest if oldest > 1 else None, lost=auditing.lost_count)

    @get("/admin/audit/verify", summary="Verify the log of changes")
    async def audit_verify() -> AuditVerdict:
        """Reads the whole log."""
        verdict = await asyncio.to_thread(auditing.store.verify)
        return AuditVerdict(
            whole=verdict.is_whole,
            entries=verdict.entry_count,
            problems=verdict.problems,
            last_seal=verdict.last_seal,
        )

    return [audit, audit_verify]
