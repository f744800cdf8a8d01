"""Compaction: ``POST /codex/responses/compact``, which seals a conversation into one item.

Rules of this file: the body is that of an answer, cut down to what this endpoint takes, plain JSON, neither streamed
nor stored; the ids in the headers are those of the conversation, since only the account that sealed an item can open
it.  Source: captures of Codex CLI 0.98 and 0.125 (path, members, header order); names of the id headers as our engine
version sends them, with hyphens since 0.144.
"""

from typing import Final

import msgspec

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.notes import Note, Verdict
from codex_proxy.canonical.request import Request
from codex_proxy.canonical.target import Target
from codex_proxy.canonical.usage import Usage, tokens_of_size
from codex_proxy.protocols.base import CallContext, ClientStream, HeaderPairs, UpstreamCall
from codex_proxy.protocols.codex.asking.body import build_body
from codex_proxy.protocols.codex.asking.identity import client_headers, credential_headers
from codex_proxy.protocols.codex.client import CodexClient
from codex_proxy.protocols.codex.unstreamed.whole import WholeBody
from codex_proxy.protocols.openai_responses.stream.decoder import decode_whole
from codex_proxy.protocols.openai_responses.stream.schema import read_object
from codex_proxy.protocols.parts.json_text import encode

COMPACT_PATH: Final = "/codex/responses/compact"
MEMBERS: Final = ("model", "input", "instructions", "tools", "parallel_tool_calls", "reasoning", "text")

_USAGE_NOTE: Final = Note(path="usage", verdict=Verdict.INVENTED, detail="estimated where the upstream tells none")
_STARTED: Final = ev.ResponseStarted(response_id="", model="", created_at=0)
_NO_OUTPUT: Final = "the upstream's compaction has no output"


class CompactContext(CallContext, frozen=True, kw_only=True):
    """As ``CallContext``, with the size of what was sent, for the estimate."""

    sent_bytes: int = 0


class CompactClient(CodexClient):
    """Implements ``ClientCodec`` for compactions; headers and failures are read as the backend's always are."""

    def build_call(self, request: Request, target: Target) -> UpstreamCall:
        """See ``ClientCodec``."""
        body = build_body(request, target)
        members = {name: body.members[name] for name in MEMBERS if name in body.members}
        content = encode(members)
        tier = (Note(path="service_tier", verdict=Verdict.DROPPED),) if body.tier else ()
        return UpstreamCall(
            method="POST",
            path=COMPACT_PATH,
            headers=_headers(target),
            body=content,
            context=CompactContext(**msgspec.structs.asdict(body.context), sent_bytes=len(content)),
            notes=(*body.notes, *tier, _USAGE_NOTE),
            sent_fields=frozenset(members),
        )

    def open_stream(self, call: UpstreamCall) -> ClientStream:
        """See ``ClientCodec``."""
        return WholeBody(lambda body: self.parse_response(call, body))

    def parse_response(self, call: UpstreamCall, body: bytes) -> list[ev.Event]:
        """See ``ClientCodec``; ``native`` of the last event is the upstream's own object."""
        told = read_object(body)
        if not isinstance(told.get("output"), list) and not told.get("error"):
            failure = Failure(kind=FailureKind.GARBLED, message=_NO_OUTPUT)
            return [_STARTED, ev.ResponseEnded(ending=ev.Failed(failure=failure))]
        events = decode_whole(body, call.context)
        if told.get("error") or any(isinstance(event, ev.UsageReported) for event in events):
            return events
        return [*events[:-1], ev.UsageReported(usage=_estimate(call.context, told)), events[-1]]


def _headers(target: Target) -> HeaderPairs:
    identity = target.identity
    override = target.routing_override
    return (
        ("version", target.client.engine_version),
        *((("x-openai-account-routing-override", override),) if override else ()),
        ("x-codex-installation-id", target.client.installation_id),
        ("x-codex-window-id", identity.window_id),
        ("session-id", identity.session_id),
        ("thread-id", identity.thread_id),
        *credential_headers(target.credential),
        ("content-type", "application/json"),
        *client_headers(target.client),
        ("accept", "*/*"),
    )


def _estimate(context: CallContext, told: JsonObject) -> Usage:
    sent_bytes = context.sent_bytes if isinstance(context, CompactContext) else 0
    return Usage(
        input_tokens=tokens_of_size(sent_bytes),
        output_tokens=tokens_of_size(len(encode(told["output"]))),
        estimated=True,
    )
