"""Frames as the upstream sends them, and what an encoder wrote."""

import json
from collections.abc import Iterable
from typing import Any

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.request import CodexHints, Dialect, Request, SessionHints
from codex_proxy.framing.sse import SseDecoder, encode_frame
from codex_proxy.protocols.base import AnswerIds
from codex_proxy.protocols.openai_responses.stream.decoder import ResponsesDecoder
from codex_proxy.protocols.openai_responses.stream.encoder import ResponsesEncoder

IDS = AnswerIds(token="t" * 24, created_at=7, request_id="req")
SDK = Request(dialect=Dialect.OPENAI_RESPONSES, model="asked", turns=())
CODEX = Request(dialect=Dialect.OPENAI_RESPONSES, model="asked", turns=(), session=SessionHints(codex=CodexHints()))

CREATED = {"type": "response.created", "response": {"id": "resp_1", "model": "served", "created_at": 5, "output": []}}


def frame(members: dict[str, Any]) -> bytes:
    return encode_frame(json.dumps(members).encode(), members["type"])


def frames(*events: dict[str, Any]) -> bytes:
    return b"".join(frame(members) for members in events)


def completed(*output: dict[str, Any], **members: Any) -> dict[str, Any]:
    response = {"id": "resp_1", "status": "completed", "model": "served", "output": list(output)} | members
    return {"type": "response.completed", "response": response}


def message(text: str, item_id: str = "msg_1") -> dict[str, Any]:
    content = [{"type": "output_text", "text": text, "annotations": []}]
    return {"type": "message", "id": item_id, "role": "assistant", "status": "completed", "content": content}


def decoded(raw: bytes, decoder: ResponsesDecoder | None = None) -> list[ev.Event]:
    decoder = decoder or ResponsesDecoder()
    return [event for step in (*decoder.feed(raw), *decoder.end()) for event in step.events]


def encoder(request: Request = SDK) -> ResponsesEncoder:
    return ResponsesEncoder(request, IDS)


def told(raw: bytes) -> list[dict[str, Any]]:
    """The events in written bytes."""
    framer = SseDecoder()
    return [json.loads(each.data) for each in (*framer.feed(raw), *framer.end())]


def encoded(events: Iterable[ev.Event], request: Request = SDK) -> list[dict[str, Any]]:
    stream = encoder(request)
    return told(b"".join([*(stream.encode([event]) for event in events), stream.finish()]))


def names(events: Iterable[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in events]
