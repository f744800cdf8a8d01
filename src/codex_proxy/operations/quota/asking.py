"""Small calls to the upstream in an account's name: sent its own way, read whole.

Rules of this file: a call leaves through the account's own egress or not at all; what is too long is cut and said so.
A refusal is told of the way it came by, which may be its cause.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from codex_proxy.accounts.account import Account
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.gateway.ports import EgressReports, Route, Transport, TransportError, UpstreamReply
from codex_proxy.protocols.base import UpstreamCall
from codex_proxy.protocols.codex.failures import parse_failure

MAX_REPLY_BYTES: Final = 1024 * 1024


class WholeReply(msgspec.Struct, frozen=True, kw_only=True):
    """A reply, read to its end; header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Makes small calls; ``route_of`` raises ``TransportError`` where the account has no way out."""

    transport: Transport
    route_of: Callable[[Account], Route]
    egress: EgressReports
    max_reply_bytes: int = MAX_REPLY_BYTES

    async def ask(self, call: UpstreamCall, account: Account) -> WholeReply | Failure:
        """The reply, or why there is none."""
        try:
            route = self.route_of(account)
            async with self.transport.open(call, route) as reply:
                body = await _whole(reply, self.max_reply_bytes)
                if body is None:
                    return Failure(kind=FailureKind.GARBLED, message="the answer is too long", status=reply.status)
                whole = WholeReply(status=reply.status, headers=dict(reply.headers), body=body)
        except TransportError as error:
            return error.failure
        if not 200 <= whole.status < 300:
            self.egress.refused(route.egress_id, parse_failure(whole.status, whole.headers, whole.body))
        return whole


async def _whole(reply: UpstreamReply, limit_bytes: int) -> bytes | None:
    pieces: list[bytes] = []
    size_bytes = 0
    while piece := await reply.read():
        size_bytes += len(piece)
        if size_bytes > limit_bytes:
            return None
        pieces.append(piece)
    return b"".join(pieces)
