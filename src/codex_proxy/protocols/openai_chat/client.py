"""Chat Completions in the client role: we call a vendor.

Rules of this file: one codec per vendor, stateless; what differs between vendors, and between the models of one, is
in its profiles.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from codex_proxy.canonical.events import Event
from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.canonical.target import Target
from codex_proxy.canonical.tools import HostedTool, Tool
from codex_proxy.protocols.base import CallContext, ClientStream, HeaderPairs, ReplyFacts, UpstreamCall
from codex_proxy.protocols.openai_chat.asking.body import build_body
from codex_proxy.protocols.openai_chat.asking.passing import changes_of, deltas_count, is_usage_chunk, may_pass
from codex_proxy.protocols.openai_chat.asking.profile import ChatProfile
from codex_proxy.protocols.openai_chat.decoder import Answer, ChatDecoder
from codex_proxy.protocols.openai_chat.tools import WEB_SEARCH
from codex_proxy.protocols.parts.answers.rewriting import rewritten, rewritten_stream
from codex_proxy.protocols.parts.asking.calling import call_headers, call_path
from codex_proxy.protocols.parts.bodies.passing import members_of, with_members
from codex_proxy.protocols.parts.errors.vendor_errors import parse_vendor_failure
from codex_proxy.protocols.parts.json_text import encode

_REQUEST_ID_HEADERS: Final = ("x-request-id", "apim-request-id", "mistral-correlation-id")


class ChatClient:
    """The dialect's verbs for the client role.

    ``profile`` is that of the vendor; ``profile_of`` tells a model's by its id, where they differ.  ``takes_stops``
    False leaves it to the gateway to end answers at stop strings, whatever the model.
    """

    def __init__(
        self,
        profile: ChatProfile | None = None,
        *,
        profile_of: Callable[[str], ChatProfile] | None = None,
        takes_stops: bool = True,
    ) -> None:
        usual = profile or ChatProfile()
        self._profile_of = profile_of or (lambda _: usual)
        self.takes_stops = takes_stops and "stop" not in usual.refuses

    @property
    def dialect(self) -> Dialect:
        return Dialect.OPENAI_CHAT

    def build_call(self, request: Request, target: Target) -> UpstreamCall:
        """The vendor's request; raises ``Unsupported`` for content that the vendor cannot read."""
        profile = self._profile_of(target.model.slug)
        body = build_body(request, target, profile)
        return UpstreamCall(
            method="POST",
            path=call_path(profile.path, target.model.slug),
            headers=self._headers(request, target, profile),
            body=encode(body.members),
            context=body.context,
            notes=body.notes,
            sent_fields=frozenset(body.members),
        )

    def takes_tool(self, tool: Tool, others: Sequence[Tool], *, model: str) -> bool:
        """Functions, where the vendor calls any, and the search where it runs one."""
        profile = self._profile_of(model)
        return profile.web_search and tool.kind == WEB_SEARCH if isinstance(tool, HostedTool) else profile.tools

    def pass_call(self, request: Request, target: Target, body: bytes) -> UpstreamCall | None:
        """A client's own body with the vendor's name of the model; the usage is asked for where it would not come.

        None where the body holds what the vendor does not take, thoughts of another upstream among it.
        """
        slug = target.model.slug
        profile, members = self._profile_of(slug), members_of(body)
        if not may_pass(body, members, profile):
            return None
        changes = changes_of(request, members, profile)
        return UpstreamCall(
            method="POST",
            path=call_path(profile.path, slug),
            headers=self._headers(request, target, profile),
            body=with_members(body, members, {"model": slug} | changes),
            context=CallContext(model=slug, relays=False),
            left_out=is_usage_chunk if changes else None,
            deltas_count=deltas_count,
        )

    def open_stream(self, call: UpstreamCall) -> ClientStream:
        """A decoder for the stream that answers ``call``."""
        profile = self._profile_of(call.context.model)
        return rewritten_stream(ChatDecoder(call.context, think_tags=profile.think_tags), call.context)

    def parse_headers(self, headers: Mapping[str, str]) -> ReplyFacts:
        """Vendors tell only the request's id."""
        return ReplyFacts(request_id=next((headers[name] for name in _REQUEST_ID_HEADERS if name in headers), None))

    def parse_response(self, call: UpstreamCall, body: bytes) -> list[Event]:
        """A whole answer as events."""
        profile = self._profile_of(call.context.model)
        events = list(Answer(call.context, think_tags=profile.think_tags).whole(body))
        return rewritten(events, call.context)

    def parse_failure(self, status: int, headers: Mapping[str, str], body: bytes) -> Failure:
        """An HTTP error, classified."""
        return parse_vendor_failure(status, headers, body)

    @staticmethod
    def _headers(request: Request, target: Target, profile: ChatProfile) -> HeaderPairs:
        return call_headers(
            stream=request.stream, key_header=profile.key_header, key=target.credential.token, more=profile.headers
        )
