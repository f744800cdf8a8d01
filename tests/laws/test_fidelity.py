"""Law 5: what nobody here knows survives ``openai_responses → codex → openai_responses`` unchanged."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.canonical.request import Request
from codex_proxy.framing.sse import SseDecoder, encode_frame
from codex_proxy.protocols.base import ServerCodec
from codex_proxy.protocols.codex.client import CodexClient
from codex_proxy.protocols.openai_responses.server import ResponsesServer
from scripts.evidence.codecs import CALL, CODEX_HEADERS, IDS, Reader
from scripts.evidence.fidelity import Building, build, losses
from tests.laws.answers import JSON_OBJECTS, JSON_VALUES, NAMES, TEXT, Draw

pytestmark = pytest.mark.timeout(600)  # 500 examples, and as many again to make a failing one small

SERVER, CLIENT = ResponsesServer(), CodexClient()
UNKNOWN = st.sampled_from(["brand_new", "x_item", "memory_recall"])
_KNOWN_OR_NOT = st.booleans()
_ONE_OR_TWO = st.integers(1, 2)
_ITEM_KINDS = st.sampled_from(["user", "assistant", "unknown", "call"])


def _part(draw: Draw, *, side: str) -> dict[str, Any]:
    known = {"type": f"{side}_text", "text": draw(TEXT)}
    strange = {"type": f"{side}_{draw(UNKNOWN)}"}
    return {**(known if draw(_KNOWN_OR_NOT) else strange), **draw(JSON_OBJECTS)}


@st.composite
def items(draw: Draw) -> dict[str, Any]:
    """An input item with something unknown in it."""
    match draw(_ITEM_KINDS):
        case "user":
            parts = [_part(draw, side="input") for _ in range(draw(_ONE_OR_TWO))]
            item: dict[str, Any] = {"type": "message", "role": "user", "content": parts}
        case "assistant":
            item = {"type": "message", "role": "assistant", "content": [_part(draw, side="output")]}
        case "call":
            item = {"type": "web_search_call", "action": {"type": "search", "query": draw(TEXT)}}
        case _:
            item = {"type": draw(UNKNOWN)}
    return {**item, **draw(JSON_OBJECTS)}


_ITEMS = st.lists(items(), max_size=3)


@st.composite
def bodies(draw: Draw) -> dict[str, Any]:
    """A request with unknown items, parts and fields, top-level ones included."""
    last = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "go on"}]}
    inputs = [*draw(_ITEMS), last]
    return {"model": "gpt-5.4", "instructions": "i", "input": inputs, **draw(JSON_OBJECTS)}


def request_survives(server: ServerCodec, client: Building, body: dict[str, Any], *, codex: bool) -> None:
    """Items arrive as they were written; unknown top-level fields as decisions 18 says."""
    parsed = server.parse_request(json.dumps(body).encode(), headers=CODEX_HEADERS if codex else {})
    call = build(client, parsed.request)
    assert losses(body, parsed.request, call) == []
    strange = {name for name in body if name.startswith("x_")}
    if codex:
        assert strange <= call.sent_fields
    else:
        assert not strange & call.sent_fields
        assert strange <= {note.path for note in (*parsed.notes, *call.notes)}


@given(body=bodies(), codex=st.booleans())
def test_5_requests(body: dict[str, Any], codex: bool) -> None:
    request_survives(SERVER, CLIENT, body, codex=codex)


_UP_TO_THREE = st.integers(0, 3)


@st.composite
def streams(draw: Draw) -> list[dict[str, Any]]:
    """The events of an answer as an upstream sends them, with unknown events, items, parts and fields."""
    told: list[dict[str, Any]] = []
    output: list[dict[str, Any]] = []
    for index in range(draw(_UP_TO_THREE)):
        kind = draw(UNKNOWN)
        item = {"type": kind, "id": f"i_{index}"} | draw(JSON_OBJECTS)
        if draw(_KNOWN_OR_NOT):
            item = {"type": "message", "id": f"m_{index}", "role": "assistant", "content": [_part(draw, side="output")]}
        done = item | draw(JSON_OBJECTS)
        told.append({"type": "response.output_item.added", "output_index": index, "item": item} | draw(JSON_OBJECTS))
        told.append({"type": f"response.{kind}.{draw(NAMES)}", "output_index": index} | draw(JSON_OBJECTS))
        told.append({"type": "response.output_item.done", "output_index": index, "item": done} | draw(JSON_OBJECTS))
        output.append(done)
    head = {"id": "resp_1", "object": "response", "created_at": 1, "model": "gpt-5.4", "x_more": draw(JSON_VALUES)}
    return [
        {"type": "response.created", "response": head | {"status": "in_progress", "output": []}},
        *told,
        {"type": "response.completed", "response": head | {"status": "completed", "output": output}},
    ]


def answer_survives(server: ServerCodec, client: Reader, events: list[dict[str, Any]], *, codex: bool) -> None:
    """Every event arrives with all its members."""
    raw = b"".join(encode_frame(msgspec.json.encode(event), event["type"]) for event in events)
    reading, writing = client.open_stream(CALL), server.open_stream(_request(server, codex=codex), IDS)
    steps = [*reading.feed(raw), *reading.end()]
    content = b"".join([writing.encode(step.events, step.frame) for step in steps]) + writing.finish()
    assert writing.repairs == 0
    framer = SseDecoder()
    got = [json.loads(frame.data) for frame in [*framer.feed(content), *framer.end()]]
    assert [_kept(event, told) for event, told in zip(got, events, strict=True)] == events


def _kept(event: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """What was told, as it arrived; response objects gain members of ours."""
    if "response" in told:
        return event | {"response": {name: event["response"][name] for name in told["response"]}}
    return event


def _request(server: ServerCodec, *, codex: bool) -> Request:
    body = b'{"model":"gpt-5.4","input":"x","stream":true}'
    return server.parse_request(body, headers=CODEX_HEADERS if codex else {}).request


@given(events=streams(), codex=st.booleans())
def test_5_answers(events: list[dict[str, Any]], codex: bool) -> None:
    answer_survives(SERVER, CLIENT, events, codex=codex)
