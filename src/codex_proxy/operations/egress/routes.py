"""From an account's way out to the route of a call.

Rules of this file: no way out is a failure of which nothing was sent, told with the egress's name and without its
address.
"""

from codex_proxy.accounts.egress.ways import Direct, NoWay, Through, Way, egress_id_of
from codex_proxy.canonical.failure import Failure, FailureKind, Sent
from codex_proxy.gateway.ports import Route, TransportError


def route_by(way: Way, *, base_url: str, row_id: str) -> Route:
    """The route of an account's call.

    Raises:
        TransportError: the account has no way out.
    """
    match way:
        case Direct():
            return Route(base_url=base_url, account_id=row_id, egress_id=egress_id_of(way))
        case Through():
            return Route(
                base_url=base_url,
                account_id=row_id,
                egress_url=way.url,
                egress_name=way.name,
                egress_id=egress_id_of(way),
            )
        case NoWay():
            raise TransportError(no_way_failure(way))


def no_way_failure(way: NoWay) -> Failure:
    """What a request is told whose account cannot leave."""
    return Failure(
        kind=FailureKind.UNREACHABLE if way.region_until is None else FailureKind.REGION_BLOCKED,
        message=f"the egress {way.name} cannot be used: {way.reason}",
        sent=Sent.NOTHING_SENT,
    )
