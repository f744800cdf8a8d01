"""What calls tell about ways out, and what the pool is told of accounts that cannot leave.

Rules of this file: no I/O; the pool is told when something changed and not for every request.
"""

from collections.abc import Iterable

from codex_proxy.accounts.choice.member import EgressFault
from codex_proxy.accounts.egress.ways import NoWay
from codex_proxy.accounts.pool import AccountPool
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.operations.egress.book import EgressBook


class EgressWatch:
    """Implements the gateway's ``EgressReports`` and the transport's ``WayReports``."""

    def __init__(self, *, book: EgressBook, pool: AccountPool) -> None:
        self._book = book
        self._pool = pool
        self._told_version = -1

    def came_through(self, egress_id: str) -> None:
        """See ``WayReports``."""
        self._book.came_through(egress_id)
        self.tell()

    def blame(self, egress_id: str, failure: Failure) -> None:
        """See ``WayReports``."""
        self._book.blame(egress_id, failure)
        self.tell()

    def refused(self, egress_id: str, failure: Failure) -> None:
        """See ``EgressReports``: of all that answers say, only a refused country is about the way."""
        if failure.kind is FailureKind.REGION_BLOCKED:
            self.blame(egress_id, failure)

    def account_changed(self, row_id: str) -> None:
        """An account came or changed: it may have no way out."""
        self._tell_of((row_id,))

    def assigned(self, row_ids: Iterable[str] | None) -> None:
        """These accounts have another way out, or any may have (None)."""
        if row_ids is not None:
            self._tell_of(row_ids)
        self.tell()

    def tell(self) -> None:
        """Tell the pool who cannot leave, where that may have changed."""
        if self._told_version != self._book.version:
            self._told_version = self._book.version
            self._tell_of(record.row_id for record in self._pool.records())

    def _tell_of(self, row_ids: Iterable[str]) -> None:
        for row_id in row_ids:
            way = self._book.way(row_id)
            self._pool.set_egress((row_id,), _fault(way) if isinstance(way, NoWay) else None)


def _fault(way: NoWay) -> EgressFault:
    kind = FailureKind.UNREACHABLE if way.region_until is None else FailureKind.REGION_BLOCKED
    return EgressFault(name=way.name, kind=kind, until=way.region_until)
