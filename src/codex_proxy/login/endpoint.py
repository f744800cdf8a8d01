"""The issuer over the gateway's transport, so that every call leaves through the account's own egress.

Rules of this file: a call is made once and never repeated here; whether anything was sent is the transport's word; a
token goes to the issuer it came from or nowhere.  A refused country is told of the way out, which is its cause.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import msgspec

from codex_proxy.accounts.issuer import Grant, IssuerError, RefreshReason, Refusal
from codex_proxy.canonical.failure import Failure, FailureKind, Sent
from codex_proxy.canonical.target import ClientIdentity
from codex_proxy.gateway.ports import Clock, EgressReports, Route, Transport, TransportError, UpstreamReply
from codex_proxy.login import device as devices
from codex_proxy.login import requests
from codex_proxy.login.answers import Answer, Asked, parse_grant, refusal_of
from codex_proxy.login.places import IssuerPlaces
from codex_proxy.operations.login.ports import Authorization, AuthorizationCode, DeviceCode, StillWaiting
from codex_proxy.protocols.base import UpstreamCall

MAX_ANSWER_BYTES: Final = 256 * 1024  # the longest answers captured hold three tokens, about 10 KB
ANSWER_SECONDS: Final = 60.0

RouteOf: TypeAlias = Callable[[str, str], Route]
"""The way an account's calls take, by row id and base URL; raises ``TransportError`` where its egress is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointParts:
    """What the endpoint works with; ``client`` is who we present ourselves as, ``answer_seconds`` a call's limit."""

    places: IssuerPlaces
    client_id: str
    transport: Transport
    route_of: RouteOf
    egress: EgressReports
    clock: Clock
    client: Callable[[], ClientIdentity]
    answer_seconds: float = ANSWER_SECONDS


class TokenEndpoint:
    """Implements ``TokenIssuer`` and the logins' ``LoginIssuer``."""

    def __init__(self, parts: EndpointParts) -> None:
        self._parts = parts

    @property
    def issuer(self) -> str:
        """The issuer's origin, by which accounts know it."""
        return self._parts.places.issuer

    def authorization_url(self, authorization: Authorization) -> str:
        """See ``LoginIssuer``."""
        return requests.authorization_url(self._parts.places, self._parts.client_id, authorization)

    async def refresh(self, refresh_token: str, *, issuer: str, reason: RefreshReason, row_id: str) -> Grant:
        """See ``TokenIssuer``."""
        self._check(issuer)
        parts = self._parts
        call = requests.build_refresh(parts.places, parts.client_id, refresh_token, reason, client=parts.client())
        return self._granted(await self._ask(call, row_id), Asked.REFRESH, refresh_token)

    async def revoke(self, refresh_token: str, *, issuer: str, row_id: str) -> None:
        """See ``TokenIssuer``."""
        self._check(issuer)
        parts = self._parts
        call = requests.build_revocation(parts.places, parts.client_id, refresh_token, client=parts.client())
        answer = await self._ask(call, row_id)
        if not answer.succeeded:
            raise refusal_of(answer, asked=Asked.OTHER, sent=refresh_token)

    async def exchange_code(self, code: AuthorizationCode, *, row_id: str) -> Grant:
        """See ``LoginIssuer``."""
        call = requests.build_exchange(self._parts.places, self._parts.client_id, code)
        return self._granted(await self._ask(call, row_id), Asked.CODE, code.code)

    async def begin_device(self, *, row_id: str) -> DeviceCode:
        """See ``LoginIssuer``."""
        call = requests.build_device_code(self._parts.places, self._parts.client_id)
        return devices.parse_device_code(await self._ask(call, row_id), self._parts.places)

    async def ask_device(self, device: DeviceCode, *, row_id: str) -> AuthorizationCode | StillWaiting:
        """See ``LoginIssuer``."""
        call = requests.build_device_question(self._parts.places, device)
        return devices.parse_device_answer(await self._ask(call, row_id), device, self._parts.places)

    def _check(self, issuer: str) -> None:
        if issuer != self.issuer:
            raise IssuerError(Refusal.WRONG_ISSUER, f"the token came from {issuer} and is not sent to {self.issuer}")

    def _granted(self, answer: Answer, asked: Asked, sent: str) -> Grant:
        return parse_grant(answer, asked=asked, sent=sent, issuer=self.issuer, now=self._parts.clock.now())

    async def _ask(self, call: UpstreamCall, row_id: str) -> Answer:
        try:
            route = self._parts.route_of(row_id, self.issuer)
            async with asyncio.timeout(self._parts.answer_seconds), self._parts.transport.open(call, route) as reply:
                answer = await _whole(reply)
        except TransportError as error:
            raise _not_answered(error.failure) from None
        except TimeoutError:
            raise IssuerError(Refusal.NO_ANSWER, "the issuer did not answer in time", maybe_spent=True) from None
        if not answer.succeeded and (country := _refused_country(answer)) is not None:
            self._parts.egress.refused(route.egress_id, country)
        return answer


async def _whole(reply: UpstreamReply) -> Answer:
    """The answer, of its body no more than anybody looks at; a refusal is one by its status alone."""
    answer = Answer(status=reply.status, headers=dict(reply.headers), body=b"")
    pieces: list[bytes] = []
    size_bytes, cut = 0, False
    try:
        while not cut and (piece := await reply.read()):
            pieces.append(piece)
            size_bytes += len(piece)
            cut = size_bytes > MAX_ANSWER_BYTES
    except TransportError:
        if answer.succeeded:
            raise
        cut = True
    return msgspec.structs.replace(answer, body=b"".join(pieces), cut=cut)


def _refused_country(answer: Answer) -> Failure | None:
    """The refusal of where the call came from, which says nothing of what was sent; None for any other."""
    error = refusal_of(answer, asked=Asked.OTHER, sent="")
    if error.refusal is not Refusal.REGION:
        return None
    return Failure(kind=FailureKind.REGION_BLOCKED, message=str(error), status=answer.status)


def _not_answered(failure: Failure) -> IssuerError:
    if failure.sent is Sent.NOTHING_SENT:
        return IssuerError(Refusal.UNREACHABLE, f"the issuer was not reached: {failure.message}")
    return IssuerError(Refusal.NO_ANSWER, f"the issuer did not answer: {failure.message}", maybe_spent=True)
