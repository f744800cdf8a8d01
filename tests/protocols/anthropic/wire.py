"""Requests as clients write them, and streams as clients read them."""

import json
from collections.abc import Sequence
from typing import Any

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.target import (
    ClientIdentity,
    Credential,
    ModelFacts,
    Profile,
    Target,
    UpstreamIdentity,
)
from codex_proxy.framing.sse import SseDecoder
from codex_proxy.protocols.anthropic.request.body import parse_request
from codex_proxy.protocols.anthropic.schema import AnthropicRequest
from codex_proxy.protocols.anthropic.stream.decoder import AnthropicDecoder
from codex_proxy.protocols.anthropic.stream.encoder import AnthropicEncoder
from codex_proxy.protocols.base import AnswerIds, CallContext, ParsedRequest

IDS = AnswerIds(token="abc", created_at=1_790_000_000, request_id="req_1")
SEARCH = {"type": "web_search_20250305", "name": "web_search"}
STARTED = ev.ResponseStarted(response_id="resp_1", model="gpt-5.4", created_at=1)
COMPLETED = ev.ResponseEnded(ending=ev.Completed())


def parsed(headers: dict[str, str] | None = None, **members: Any) -> ParsedRequest:
    """A request with these members."""
    body = {"model": "claude-x", "max_tokens": 10, "messages": [{"role": "user", "content": "hi"}]} | members
    return parse_request(json.dumps(body).encode(), headers or {})


def request(**members: Any) -> AnthropicRequest:
    """The same as a canonical request."""
    made = parsed(**members).request
    assert isinstance(made, AnthropicRequest)
    return made


def encoder(**members: Any) -> AnthropicEncoder:
    """A stream that answers a client who wants to see thoughts."""
    return AnthropicEncoder(request(thinking={"type": "adaptive"}) if not members else request(**members), IDS)


def written(events: Sequence[ev.Event], stream: AnthropicEncoder | None = None) -> list[dict[str, Any]]:
    """What a client reads; every frame names its event, and nothing had to be put right."""
    stream = stream or encoder()
    raw = stream.encode(events) + stream.finish()
    assert stream.repairs == 0
    return payloads(raw)


def payloads(raw: bytes) -> list[dict[str, Any]]:
    """The JSON of a stream's frames."""
    framer = SseDecoder()
    frames = [*framer.feed(raw), *framer.end()]
    told = [json.loads(frame.data) for frame in frames]
    assert [frame.event for frame in frames] == [payload["type"] for payload in told]
    return told


def blocks(events: Sequence[ev.Event], stream: AnthropicEncoder | None = None) -> list[dict[str, Any]]:
    """The content blocks of a stream, put together as a client does it."""
    made: list[dict[str, Any]] = []
    for payload in written([STARTED, *events, COMPLETED], stream):
        match payload["type"]:
            case "content_block_start":
                assert payload["index"] == len(made)
                made.append({**payload["content_block"], "pieces": ""})
            case "content_block_delta":
                grow(made[payload["index"]], payload["delta"])
    return made


def grow(block: dict[str, Any], delta: dict[str, Any]) -> None:
    """A delta taken into its block."""
    match delta["type"]:
        case "text_delta":
            block["text"] += delta["text"]
        case "thinking_delta":
            block["thinking"] += delta["thinking"]
        case "signature_delta":
            block["signature"] = delta["signature"]
        case "input_json_delta":
            block["pieces"] += delta["partial_json"]
        case "citations_delta":
            block.setdefault("citations", []).append(delta["citation"])


def frame(name: str, **members: Any) -> bytes:
    """A frame as a vendor sends it."""
    return f"event: {name}\ndata: {json.dumps({'type': name, **members})}\n\n".encode()


def vendor_stream(*content: bytes, stop_reason: str = "end_turn", **usage: int) -> bytes:
    """A whole stream of a vendor around these frames."""
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-v", "content": []}
    start = frame("message_start", message=message | {"usage": {"input_tokens": 5, "output_tokens": 1}})
    delta = frame(
        "message_delta",
        delta={"stop_reason": stop_reason, "stop_sequence": None},
        usage={"output_tokens": 9} | usage,
    )
    return b"".join([start, *content, delta, frame("message_stop")])


def opened(index: int, block: dict[str, Any], *deltas: dict[str, Any]) -> bytes:
    """A block with its deltas, closed."""
    return b"".join(
        [
            frame("content_block_start", index=index, content_block=block),
            *(frame("content_block_delta", index=index, delta=delta) for delta in deltas),
            frame("content_block_stop", index=index),
        ]
    )


def decoded(raw: bytes, context: CallContext | None = None) -> list[ev.Event]:
    """The events of a vendor's stream."""
    decoder = AnthropicDecoder(context or CallContext(model="claude-v"))
    return [event for step in [*decoder.feed(raw), *decoder.end()] for event in step.events]


def target(**changes: Any) -> Target:
    """Where a call goes."""
    facts = {"slug": "claude-v"} | changes.pop("model", {})
    return Target(
        model=ModelFacts(**facts),
        credential=Credential(token="key-1"),
        client=ClientIdentity(
            profile=Profile.DESKTOP,
            engine_version="0.169.0",
            desktop_version="1.0",
            platform="Debian 12.0.0",
            arch="x86_64",
            terminal="xterm",
            installation_id="0198c0de-0000-7000-8000-000000000001",
        ),
        identity=UpstreamIdentity(session_id="s", thread_id="s", turn_id="t"),
        now=1_790_000_000.0,
        **changes,
    )
