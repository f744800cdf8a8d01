"""Anthropic Messages in the client role: we call a vendor.

Rules of this file: one codec per vendor profile, stateless.  A client of this dialect keeps its body and its headers
of version and betas; for all others the body is written anew.
"""

from collections.abc import Mapping

from codex_proxy.canonical.events import Event
from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.canonical.target import Target
from codex_proxy.protocols.anthropic.asking.body import build_body
from codex_proxy.protocols.anthropic.failures import parse_reply_headers, parse_vendor_failure
from codex_proxy.protocols.anthropic.schema import AnthropicProfile, AnthropicRequest, KeyHeader
from codex_proxy.protocols.anthropic.stream.decoder import Answer, AnthropicDecoder
from codex_proxy.protocols.base import CallContext, HeaderPairs, ReplyFacts, UpstreamCall
from codex_proxy.protocols.parts.bodies.passing import SEALED, members_of, with_members
from codex_proxy.protocols.parts.json_text import encode


class AnthropicClient:
    """The dialect's verbs for the client role, for vendors of one profile."""

    def __init__(self, profile: AnthropicProfile | None = None) -> None:
        self._profile = profile or AnthropicProfile()

    @property
    def dialect(self) -> Dialect:
        return Dialect.ANTHROPIC

    def build_call(self, request: Request, target: Target) -> UpstreamCall:
        """The vendor's request; raises ``Unsupported`` for content that the vendor cannot read."""
        body = build_body(request, target, self._profile)
        return UpstreamCall(
            method="POST",
            path=self._profile.path,
            headers=self._headers(request, target),
            body=encode(body.members),
            context=body.context,
            notes=body.notes,
            sent_fields=frozenset(body.members),
        )

    takes_stops = True

    def pass_call(self, request: Request, target: Target, body: bytes) -> UpstreamCall | None:
        """A client's own body with the vendor's name of the model; None where it holds thoughts of another upstream."""
        if SEALED in body:
            return None
        return UpstreamCall(
            method="POST",
            path=self._profile.path,
            headers=self._headers(request, target),
            body=with_members(body, members_of(body), {"model": target.model.slug}),
            context=CallContext(model=target.model.slug, relays=False),
        )

    def open_stream(self, call: UpstreamCall) -> AnthropicDecoder:
        """A decoder for the stream that answers ``call``."""
        return AnthropicDecoder(call.context)

    def parse_headers(self, headers: Mapping[str, str]) -> ReplyFacts:
        """The request's id and the vendor's counters."""
        return parse_reply_headers(headers)

    def parse_response(self, call: UpstreamCall, body: bytes) -> list[Event]:
        """A whole answer as events."""
        return list(Answer(call.context).whole(body))

    def parse_failure(self, status: int, headers: Mapping[str, str], body: bytes) -> Failure:
        """An HTTP error, classified."""
        return parse_vendor_failure(status, headers, body)

    def _headers(self, request: Request, target: Target) -> HeaderPairs:
        native = request.native if isinstance(request, AnthropicRequest) else None
        token = target.credential.token
        bearer = self._profile.key_header is KeyHeader.AUTHORIZATION
        headers = [
            ("content-type", "application/json"),
            ("accept", "text/event-stream" if request.stream else "application/json"),
            (self._profile.key_header.value, f"Bearer {token}" if bearer else token),
            ("anthropic-version", (native.version if native else None) or self._profile.version),
        ]
        if native is not None and native.betas:
            headers.append(("anthropic-beta", native.betas))
        return (*headers, *self._profile.headers)
