"""Responses in the client role: we call a vendor (the OpenAI platform, Azure, xAI and others).

Rules of this file: one codec per vendor profile, stateless; the Codex backend has a client of its own.
"""

from collections.abc import Mapping

from codex_proxy.canonical.events import Event
from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.canonical.target import Target
from codex_proxy.protocols.base import CallContext, ClientStream, HeaderPairs, ReplyFacts, UpstreamCall
from codex_proxy.protocols.openai_responses.asking.body import build_vendor_body
from codex_proxy.protocols.openai_responses.asking.profile import ResponsesProfile
from codex_proxy.protocols.openai_responses.disguised_answers import DisguisedDecoder, decode_disguised
from codex_proxy.protocols.openai_responses.stream.decoder import ResponsesDecoder, decode_whole
from codex_proxy.protocols.parts.answers.rewriting import rewritten, rewritten_stream
from codex_proxy.protocols.parts.bodies.passing import members_of, with_members
from codex_proxy.protocols.parts.errors.vendor_errors import parse_vendor_failure
from codex_proxy.protocols.parts.json_text import encode


class ResponsesClient:
    """Implements ``ClientCodec`` for vendors of one profile."""

    dialect = Dialect.OPENAI_RESPONSES

    def __init__(self, profile: ResponsesProfile | None = None) -> None:
        self._profile = profile or ResponsesProfile()

    def build_call(self, request: Request, target: Target) -> UpstreamCall:
        """See ``ClientCodec``."""
        body = build_vendor_body(request, target, self._profile)
        return UpstreamCall(
            method="POST",
            path=self._profile.path,
            headers=self._headers(request, target),
            body=encode(body.members),
            context=body.context,
            notes=body.notes,
            sent_fields=frozenset(body.members),
        )

    takes_stops = False

    def pass_call(self, request: Request, target: Target, body: bytes) -> UpstreamCall:
        """A client's own body with the vendor's name of the model."""
        return UpstreamCall(
            method="POST",
            path=self._profile.path,
            headers=self._headers(request, target),
            body=with_members(body, members_of(body), {"model": target.model.slug}),
            context=CallContext(model=target.model.slug, relays=False),
        )

    def open_stream(self, call: UpstreamCall) -> ClientStream:
        """See ``ClientCodec``."""
        decoder = DisguisedDecoder if call.context.custom_tools else ResponsesDecoder
        return rewritten_stream(decoder(call.context), call.context)

    def parse_headers(self, headers: Mapping[str, str]) -> ReplyFacts:
        """See ``ClientCodec``; vendors tell only the request's id."""
        return ReplyFacts(request_id=headers.get("x-request-id") or headers.get("apim-request-id"))

    def parse_response(self, call: UpstreamCall, body: bytes) -> list[Event]:
        """See ``ClientCodec``."""
        events = (decode_disguised if call.context.custom_tools else decode_whole)(body, call.context)
        return rewritten(events, call.context)

    def parse_failure(self, status: int, headers: Mapping[str, str], body: bytes) -> Failure:
        """See ``ClientCodec``."""
        return parse_vendor_failure(status, headers, body)

    def _headers(self, request: Request, target: Target) -> HeaderPairs:
        token, key_header = target.credential.token, self._profile.key_header
        key = ("authorization", f"Bearer {token}") if key_header is None else (key_header, token)
        accept = "text/event-stream" if request.stream else "application/json"
        return (("content-type", "application/json"), ("accept", accept), key, *self._profile.headers)
