"""Responses in the client role: we call a vendor (the OpenAI platform, Azure, xAI and others).

Rules of this file: one codec per vendor, stateless; what differs between vendors, and between the models of one, is
in its profiles.  The Codex backend has a client of its own.
"""

from collections.abc import Callable, Mapping, Sequence

from codex_proxy.canonical.events import Event
from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.canonical.target import Target
from codex_proxy.canonical.tools import HostedTool, Tool
from codex_proxy.protocols.base import CallContext, ClientStream, HeaderPairs, ReplyFacts, UpstreamCall
from codex_proxy.protocols.openai_responses.asking.body import build_vendor_body
from codex_proxy.protocols.openai_responses.asking.passing import deltas_count, may_pass
from codex_proxy.protocols.openai_responses.asking.profile import ResponsesProfile
from codex_proxy.protocols.openai_responses.asking.tools import runs
from codex_proxy.protocols.openai_responses.disguised_answers import DisguisedDecoder, decode_disguised
from codex_proxy.protocols.openai_responses.stream.decoder import ResponsesDecoder, decode_whole
from codex_proxy.protocols.openai_responses.vendor_answers import VendorDecoder
from codex_proxy.protocols.parts.answers.rewriting import rewritten, rewritten_stream
from codex_proxy.protocols.parts.asking.calling import call_headers, call_path
from codex_proxy.protocols.parts.bodies.passing import members_of, with_members
from codex_proxy.protocols.parts.errors.vendor_errors import parse_vendor_failure
from codex_proxy.protocols.parts.json_text import encode


class ResponsesClient:
    """Implements ``ClientCodec``.

    ``profile`` is that of the vendor; ``profile_of`` tells a model's by its id, where they differ.
    """

    dialect = Dialect.OPENAI_RESPONSES

    def __init__(
        self, profile: ResponsesProfile | None = None, *, profile_of: Callable[[str], ResponsesProfile] | None = None
    ) -> None:
        usual = profile or ResponsesProfile()
        self._profile_of = profile_of or (lambda _: usual)

    def build_call(self, request: Request, target: Target) -> UpstreamCall:
        """See ``ClientCodec``."""
        profile = self._profile_of(target.model.slug)
        body = build_vendor_body(request, target, profile)
        return UpstreamCall(
            method="POST",
            path=call_path(profile.path, target.model.slug),
            headers=_headers(request, target, profile),
            body=encode(body.members),
            context=body.context,
            notes=body.notes,
            sent_fields=frozenset(body.members),
        )

    takes_stops = False

    def takes_tool(self, tool: Tool, others: Sequence[Tool], *, model: str) -> bool:
        """Functions, and what the vendor runs."""
        return not isinstance(tool, HostedTool) or runs(tool.kind, self._profile_of(model))

    def pass_call(self, request: Request, target: Target, body: bytes) -> UpstreamCall | None:
        """A client's own body with the vendor's name of the model; None where it says what the vendor does not take."""
        slug = target.model.slug
        profile, members = self._profile_of(slug), members_of(body)
        if not may_pass(request, body, members.keys(), profile):
            return None
        return UpstreamCall(
            method="POST",
            path=call_path(profile.path, slug),
            headers=_headers(request, target, profile),
            body=with_members(body, members, {"model": slug}),
            context=CallContext(model=slug, relays=False),
            deltas_count=deltas_count,
        )

    def open_stream(self, call: UpstreamCall) -> ClientStream:
        """See ``ClientCodec``; a whole response where a stream was asked for is read as well."""
        context = call.context
        decoder = DisguisedDecoder if context.custom_tools else ResponsesDecoder
        return rewritten_stream(VendorDecoder(decoder(context), lambda body: _decode_whole(body, context)), context)

    def parse_headers(self, headers: Mapping[str, str]) -> ReplyFacts:
        """See ``ClientCodec``; vendors tell only the request's id."""
        return ReplyFacts(request_id=headers.get("x-request-id") or headers.get("apim-request-id"))

    def parse_response(self, call: UpstreamCall, body: bytes) -> list[Event]:
        """See ``ClientCodec``; a stream that came where none was wanted is read as well."""
        if body.lstrip()[:1] != b"{":
            stream = self.open_stream(call)
            return [event for step in (*stream.feed(body), *stream.end()) for event in step.events]
        return rewritten(_decode_whole(body, call.context), call.context)

    def parse_failure(self, status: int, headers: Mapping[str, str], body: bytes) -> Failure:
        """See ``ClientCodec``."""
        return parse_vendor_failure(status, headers, body)


def _decode_whole(body: bytes, context: CallContext) -> list[Event]:
    return decode_disguised(body, context) if context.custom_tools else decode_whole(body, context)


def _headers(request: Request, target: Target, profile: ResponsesProfile) -> HeaderPairs:
    return call_headers(
        stream=request.stream or profile.streams_only,
        key_header=profile.key_header,
        key=target.credential.token,
        more=profile.headers,
    )
