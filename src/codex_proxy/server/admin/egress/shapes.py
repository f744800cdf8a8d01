"""What the endpoints of the proxy pool take and give, as JSON.

Rules of this file: names are the wire's; no answer holds a password; times are ISO 8601.  Source: spec, accounts, 8.
"""

from typing import Annotated, Any, Literal, TypeAlias

import msgspec

from codex_proxy.accounts.keeping import EgressHealth
from codex_proxy.operations.egress.formats import BadRow
from codex_proxy.operations.egress.shown import ProxyStatus, ShownProxy
from codex_proxy.operations.transfer.times import iso
from codex_proxy.server.admin.wire.bodies import MOST_IDS, Done

Word: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Minutes: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=1440)]


class HealthView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the last check found; ``error`` is null where it was let through."""

    exit_ip: str | None
    latency_ms: int | None
    last_checked: str
    error: str | None


class ProxyView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A proxy; three stars stand for its password.

    ``reason`` says why it is not active; ``regionBlockedUntil`` when the upstream, which refuses the country it comes
    out in, is tried again.
    """

    id: str
    name: str
    url: str
    status: ProxyStatus
    health: HealthView | None
    added_at: str
    reason: str | None = None
    region_blocked_until: str | None = None


class AssignmentView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How an account leaves: a proxy's id, or ``global``, ``direct`` or ``auto``."""

    account_id: str
    proxy_id: str


class ProxyList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The pool, the accounts that have a way of their own, and how often proxies are checked (0: never)."""

    proxies: tuple[ProxyView, ...]
    assignments: tuple[AssignmentView, ...]
    health_check_interval_minutes: int


class NewProxy(msgspec.Struct, frozen=True, kw_only=True):
    """A proxy by its URL, or by its parts; ``host`` may be a whole URL."""

    name: str = ""
    url: str = ""
    protocol: str = "http"
    host: str = ""
    port: int | str | None = None
    username: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        return f"NewProxy(name={self.name!r}, protocol={self.protocol!r})"


class ProxyChange(msgspec.Struct, frozen=True, kw_only=True):
    """What to change; what is left out stays.  A URL with three stars for its password keeps the password."""

    name: str | None = None
    url: str | None = None

    def __repr__(self) -> str:
        return f"ProxyChange(name={self.name!r})"


class PoolSettings(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How often proxies are checked; 0 for never, but for those that fail."""

    health_check_interval_minutes: Minutes


class SettingsKept(Done, frozen=True, kw_only=True, rename="camel"):
    """The interval in force; ``overridden`` names the flag or variable that wins over what is kept."""

    health_check_interval_minutes: int
    overridden: str | None


class OneProxy(Done, frozen=True, kw_only=True):
    """The proxy as it is now."""

    proxy: ProxyView


class CheckedProxy(Done, frozen=True, kw_only=True):
    """The proxy, and what the check found."""

    proxy: ProxyView
    health: HealthView


class AllProxies(Done, frozen=True, kw_only=True):
    """Every proxy as it is now."""

    proxies: tuple[ProxyView, ...]


class RemovedProxy(Done, frozen=True, kw_only=True):
    """The accounts that left through it."""

    accounts: tuple[str, ...]


class ListTaken(Done, frozen=True, kw_only=True):
    """How many proxies are new, how many were there already, and the rows that are none."""

    added: int
    updated: int
    errors: tuple[BadRow, ...]


class Assign(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An account, and a proxy's id or ``global``, ``direct`` or ``auto``."""

    account_id: Word
    proxy_id: Word


class OneAssigned(Done, frozen=True, kw_only=True, rename="camel"):
    """The assignment, and what the way is called."""

    assignment: AssignmentView
    display_name: str


class AssignMany(msgspec.Struct, frozen=True, kw_only=True):
    """Many assignments, of which all hold or none."""

    assignments: Annotated[tuple[Assign, ...], msgspec.Meta(max_length=10 * MOST_IDS)]


class ManyAssigned(Done, frozen=True, kw_only=True):
    """How many accounts were assigned."""

    applied: int


class AssignInTurn(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Accounts that take the proxies in turn."""

    account_ids: Annotated[tuple[Word, ...], msgspec.Meta(max_length=10 * MOST_IDS)]
    rule: Literal["round-robin"]
    target_proxy_ids: Annotated[tuple[Word, ...], msgspec.Meta(min_length=1, max_length=MOST_IDS)]


class AssignedInTurn(Done, frozen=True, kw_only=True):
    """What each account was given."""

    applied: int
    assignments: tuple[AssignmentView, ...]


class AssignedAccount(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An account and how it leaves."""

    id: str
    email: str | None
    status: str
    proxy_id: str
    proxy_name: str


class AssignmentList(msgspec.Struct, frozen=True, kw_only=True):
    """Every account with its way out, and the pool."""

    accounts: tuple[AssignedAccount, ...]
    proxies: tuple[ProxyView, ...]


class AssignmentRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A row of a file of assignments; ``accountId`` is our id of an account or the upstream's of its workspace."""

    email: str | None = None
    account_id: str | None = None
    proxy_id: str | None = None
    proxy_name: str | None = None


class AssignmentFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of assignments."""

    assignments: tuple[AssignmentRow, ...]


class AssignmentsGiven(msgspec.Struct, frozen=True, kw_only=True):
    """A file of assignments as somebody sends it; a row that is none spoils no other."""

    assignments: Annotated[tuple[Any, ...], msgspec.Meta(max_length=10 * MOST_IDS)]


class ChangeView(
    msgspec.Struct, frozen=True, kw_only=True, rename={"account_id": "accountId", "before": "from", "after": "to"}
):
    """What would change for an account."""

    email: str | None
    account_id: str
    before: str
    after: str


class PreviewedAssignments(msgspec.Struct, frozen=True, kw_only=True):
    """What a file would do; nothing was changed.  Send ``changes`` to ``…/assignments/apply`` as assignments."""

    changes: tuple[ChangeView, ...]
    unchanged: int
    errors: tuple[BadRow, ...]


def proxy_view(shown: ShownProxy) -> ProxyView:
    """A proxy for the wire."""
    return ProxyView(
        id=shown.proxy_id,
        name=shown.name,
        url=shown.url,
        status=shown.status,
        health=None if shown.health is None else health_view(shown.health),
        added_at=iso(shown.added_at),
        reason=shown.reason,
        region_blocked_until=None if shown.region_until is None else iso(shown.region_until),
    )


def health_view(health: EgressHealth) -> HealthView:
    """What a check found, for the wire."""
    return HealthView(
        exit_ip=health.exit_ip, latency_ms=health.latency_ms, last_checked=iso(health.checked_at), error=health.error
    )
