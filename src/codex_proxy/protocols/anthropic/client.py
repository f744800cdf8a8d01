"""Anthropic Messages in the client role: we call a vendor.

Rules of this file: one codec per vendor, stateless; what differs between vendors, and between the models of one, is
in its profiles.  A client of this dialect keeps its body and its headers
of version and betas; for all others the body is written anew.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from codex_proxy.canonical.events import Event
from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.canonical.target import Target
from codex_proxy.canonical.tools import HostedTool, Tool
from codex_proxy.protocols.anthropic.asking.body import build_body
from codex_proxy.protocols.anthropic.failures import parse_reply_headers, parse_vendor_failure
from codex_proxy.protocols.anthropic.schema import WEB_SEARCH, AnthropicProfile, AnthropicRequest, NativeBody
from codex_proxy.protocols.anthropic.stream.decoder import Answer, AnthropicDecoder
from codex_proxy.protocols.base import CallContext, HeaderPairs, ReplyFacts, UpstreamCall
from codex_proxy.protocols.parts.asking.calling import call_headers, call_path
from codex_proxy.protocols.parts.bodies.passing import SEALED, members_of, with_members
from codex_proxy.protocols.parts.bodies.skimming import named_frames
from codex_proxy.protocols.parts.json_text import encode

_DELTA: Final = b"event: content_block_delta\ndata: {"


class AnthropicClient:
    """The dialect's verbs for the client role.

    ``profile`` is that of the vendor; ``profile_of`` tells a model's by its id, where they differ.
    """

    def __init__(
        self, profile: AnthropicProfile | None = None, *, profile_of: Callable[[str], AnthropicProfile] | None = None
    ) -> None:
        usual = profile or AnthropicProfile()
        self._profile_of = profile_of or (lambda _: usual)

    @property
    def dialect(self) -> Dialect:
        return Dialect.ANTHROPIC

    def build_call(self, request: Request, target: Target) -> UpstreamCall:
        """The vendor's request; raises ``Unsupported`` for content that the vendor cannot read."""
        profile = self._profile_of(target.model.slug)
        body = build_body(request, target, profile)
        return UpstreamCall(
            method="POST",
            path=call_path(profile.path, target.model.slug),
            headers=_headers(request, target, profile),
            body=encode(body.members),
            context=body.context,
            notes=body.notes,
            sent_fields=frozenset(body.members),
        )

    takes_stops = True

    def takes_tool(self, tool: Tool, others: Sequence[Tool], *, model: str) -> bool:
        """Functions, and the search where the vendor runs it."""
        return not isinstance(tool, HostedTool) or (self._profile_of(model).web_search and tool.kind == WEB_SEARCH)

    def pass_call(self, request: Request, target: Target, body: bytes) -> UpstreamCall | None:
        """A client's own body with the vendor's name of the model.

        None where it holds what the vendor does not take, thoughts of another upstream among it.
        """
        slug = target.model.slug
        profile, members = self._profile_of(slug), members_of(body)
        if SEALED in body or not members.keys().isdisjoint(profile.refuses):
            return None
        return UpstreamCall(
            method="POST",
            path=call_path(profile.path, slug),
            headers=_headers(request, target, profile),
            body=with_members(body, members, {"model": slug}),
            context=CallContext(model=slug, relays=False),
            deltas_count=_deltas_count,
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


def _headers(request: Request, target: Target, profile: AnthropicProfile) -> HeaderPairs:
    native = request.native if isinstance(request, AnthropicRequest) else None
    own = [("anthropic-version", (native.version if native else None) or profile.version)]
    if betas := _betas(native, target, profile):
        own.append(("anthropic-beta", betas))
    return call_headers(
        stream=request.stream,
        key_header=profile.key_header,
        key=target.credential.token,
        more=(*own, *profile.headers),
    )


def _betas(native: NativeBody | None, target: Target, profile: AnthropicProfile) -> str:
    """What the client asked for, and the long window, if the name of the model did and the client did not."""
    told = (native.betas if native is not None else None) or ""
    beta = profile.long_context_beta if target.long_context else None
    if beta is None or beta in {one.strip() for one in told.split(",")}:
        return told
    return f"{told},{beta}" if told else beta


def _deltas_count(chunk: bytes) -> int:
    return named_frames(chunk, _DELTA)
