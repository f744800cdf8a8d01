"""One request in a client's words, and what the backend hears; one answer of the backend, and what the client hears."""

import json
from typing import Any

import msgspec
import zstandard

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.fold import fold
from codex_proxy.canonical.request import Request
from codex_proxy.canonical.target import ModelFacts
from codex_proxy.framing.sse import SseDecoder, encode_frame
from codex_proxy.protocols.anthropic.server import AnthropicServer
from codex_proxy.protocols.base import AnswerIds, ServerCodec, UpstreamCall, WireReply
from codex_proxy.protocols.codex.client import CodexClient
from codex_proxy.protocols.gemini.schema import Verb
from codex_proxy.protocols.gemini.server import GeminiServer
from codex_proxy.protocols.ollama.server import OllamaServer
from codex_proxy.protocols.openai_chat.server import ChatServer
from codex_proxy.protocols.openai_responses.server import ResponsesServer
from tests.protocols.codex.parts import target

CHAT, RESPONSES, ANTHROPIC, OLLAMA = ChatServer(), ResponsesServer(), AnthropicServer(), OllamaServer()
GEMINI = GeminiServer(model="gemini-2.5-pro", verb=Verb.STREAM)
GEMINI_ARRAY = GeminiServer(model="gemini-2.5-pro", verb=Verb.STREAM, sse=False)
SERVERS: tuple[ServerCodec, ...] = (CHAT, RESPONSES, ANTHROPIC, GEMINI, OLLAMA)

CODEX = CodexClient()
CODEX_HEADERS = {"user-agent": "codex_exec/0.169.0 (Debian 12.0.0; x86_64)", "originator": "codex_exec"}
IDS = AnswerIds(token="abcdefghijklmnopqrstuvwx", created_at=1_790_000_000, request_id="req_1")
LOOSE: dict[str, Any] = {"type": "object", "properties": {"path": {"type": "string"}}}
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
JPEG = "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgKCgkICQkKDA8M"
PDF = "JVBERi0xLjQKJeLjz9MKMSAwIG9iago8PC9UeXBlL0NhdGFsb2c+PgplbmRvYmoK"


# -------------------------------------------------------------------------------------------- requests


def smallest(server: ServerCodec) -> dict[str, Any]:
    """The least that this dialect can ask."""
    if server is RESPONSES:
        return {"model": "gpt-5.4", "input": "hi", "stream": True}
    if isinstance(server, GeminiServer):
        return {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
    return {"model": "gpt-5.4", "max_tokens": 100, "stream": True, "messages": [{"role": "user", "content": "hi"}]}


def parsed(server: ServerCodec, headers: dict[str, str] | None = None, **members: Any) -> Request:
    """The smallest request with these members."""
    body = json.dumps(smallest(server) | members).encode()
    return server.parse_request(body, headers=headers or {}).request


def call(server: ServerCodec, headers: dict[str, str] | None = None, **members: Any) -> UpstreamCall:
    """The call to the backend that such a request becomes."""
    model = ModelFacts(slug="gpt-5.4", efforts=("low", "medium", "high"))
    return CODEX.build_call(parsed(server, headers, **members), target(model=model))


def sent(server: ServerCodec, headers: dict[str, str] | None = None, **members: Any) -> dict[str, Any]:
    """The body that the backend gets."""
    body: dict[str, Any] = json.loads(zstandard.decompress(call(server, headers, **members).body))
    return body


def items(server: ServerCodec, headers: dict[str, str] | None = None, **members: Any) -> list[dict[str, Any]]:
    """The conversation that the backend gets."""
    made: list[dict[str, Any]] = sent(server, headers, **members)["input"]
    return made


def noted(server: ServerCodec, headers: dict[str, str] | None = None, **members: Any) -> set[str]:
    """Paths of everything that was lost or changed on the way to the backend."""
    body = json.dumps(smallest(server) | members).encode()
    read = server.parse_request(body, headers=headers or {})
    return {note.path for note in (*read.notes, *CODEX.build_call(read.request, target()).notes)}


def user(*content: dict[str, Any]) -> list[dict[str, Any]]:
    """A list of messages with one of the user's."""
    return [{"role": "user", "content": list(content)}]


# --------------------------------------------------------------------------------------------- answers


def event(kind: str, **members: Any) -> dict[str, Any]:
    return {"type": kind, **members}


def ends(*output: dict[str, Any], kind: str = "response.completed", **members: Any) -> dict[str, Any]:
    """The final event around these items."""
    usage = {"input_tokens": 20, "input_tokens_details": {"cached_tokens": 8}, "output_tokens": 9}
    usage |= {"output_tokens_details": {"reasoning_tokens": 4}, "total_tokens": 29}
    status = kind.rpartition(".")[2]
    response = {"id": "resp_1", "model": "gpt-5.4", "status": status, "output": list(output), "usage": usage}
    return event(kind, response=response | members)


CREATED = event("response.created", response={"id": "resp_1", "model": "gpt-5.4", "created_at": 5, "output": []})
INCOMPLETE = ends(kind="response.incomplete", incomplete_details={"reason": "max_output_tokens"})


def message(text: str, **members: Any) -> dict[str, Any]:
    part = {"type": "output_text", "text": text, "annotations": []} | members
    return {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [part]}


def function(name: str, arguments: str, number: int = 0, **members: Any) -> dict[str, Any]:
    known = {"id": f"fc_{number}", "call_id": f"call_{number}", "name": name, "arguments": arguments}
    return {"type": "function_call", "status": "completed"} | known | members


def thought(*summary: str, token: str | None = "ENC", item_id: str = "rs_1") -> dict[str, Any]:
    texts = [{"type": "summary_text", "text": text} for text in summary]
    return {"type": "reasoning", "id": item_id, "summary": texts, "encrypted_content": token}


def done(item: dict[str, Any], index: int = 0) -> dict[str, Any]:
    """An item told only once it is finished."""
    return event("response.output_item.done", output_index=index, item=item)


def added(item: dict[str, Any], index: int = 0) -> dict[str, Any]:
    return event("response.output_item.added", output_index=index, item=item)


def spoken(text: str) -> list[dict[str, Any]]:
    """A text as the backend streams it."""
    where = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    opened = message("") | {"content": []}
    part = {"type": "output_text", "text": "", "annotations": []}
    return [
        added(opened),
        event("response.content_part.added", **where, part=part),
        event("response.output_text.delta", **where, delta=text),
        event("response.output_text.done", **where, text=text),
        event("response.content_part.done", **where, part=part | {"text": text}),
        done(message(text)),
    ]


def wire(*frames: dict[str, Any]) -> bytes:
    """Frames as the backend sends them."""
    return b"".join(encode_frame(json.dumps(frame).encode(), frame["type"]) for frame in frames)


def understood(*frames: dict[str, Any]) -> list[ev.Event]:
    """The events that these frames of the backend mean, behind the one that opens every answer."""
    stream = CODEX.open_stream(call(CHAT))
    steps = [*stream.feed(wire(CREATED, *frames)), *stream.end()]
    return [each for step in steps for each in step.events]


def heard(server: ServerCodec, *frames: dict[str, Any], headers: dict[str, str] | None = None, **members: Any) -> bytes:
    """The bytes that a client gets who asked with these members, and was answered with these frames."""
    request = parsed(server, headers, **members)
    decoder = CODEX.open_stream(CODEX.build_call(request, target()))
    stream = server.open_stream(request, IDS)
    steps = [*decoder.feed(wire(CREATED, *frames)), *decoder.end()]
    content = b"".join([*(stream.encode(step.events, step.frame) for step in steps), stream.finish()])
    assert stream.repairs == 0
    return content


def told(
    server: ServerCodec, *frames: dict[str, Any], headers: dict[str, str] | None = None, **members: Any
) -> list[dict[str, Any]]:
    """The same as JSON objects, without ``[DONE]``."""
    raw = heard(server, *frames, headers=headers, **members)
    if server is OLLAMA:
        return [json.loads(line) for line in raw.splitlines()]
    return objects(raw)


def retold(server: ServerCodec, events: list[ev.Event], **members: Any) -> list[dict[str, Any]]:
    """The same of events alone, as those of another upstream or of a filter come."""
    stream = server.open_stream(parsed(server, **members), IDS)
    return objects(stream.encode(events) + stream.finish())


def objects(raw: bytes) -> list[dict[str, Any]]:
    """The JSON objects of an event stream."""
    framer = SseDecoder()
    data = [frame.data for frame in (*framer.feed(raw), *framer.end())]
    return [json.loads(each) for each in data if each != b"[DONE]"]


def whole(server: ServerCodec, *frames: dict[str, Any], **members: Any) -> dict[str, Any]:
    """The unstreamed answer."""
    request = parsed(server, **members)
    reply = server.encode_response(request, fold(understood(*frames)), IDS)
    assert reply.status == 200
    return body_of(reply)


def failed(server: ServerCodec, failure: Failure, **members: Any) -> WireReply:
    """What a client gets whose request failed before any answer."""
    return server.encode_failure(failure, request_id="req_1", request=parsed(server, **members))


def broken(server: ServerCodec, failure: Failure, **members: Any) -> bytes:
    """What a client gets whose answer fails after its first word."""
    stream = server.open_stream(parsed(server, **members), IDS)
    said: list[ev.Event] = [ev.ResponseStarted(response_id="r", model="m", created_at=1), ev.TextStarted(block=0)]
    stream.encode([*said, ev.TextDelta(block=0, text="first")])
    return stream.fail(failure)


def body_of(reply: WireReply) -> dict[str, Any]:
    """A reply's JSON object."""
    return msgspec.json.decode(reply.body, type=dict[str, Any])
