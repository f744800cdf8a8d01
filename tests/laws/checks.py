"""Each law as a check of one dialect and one example, so that a dialect with a planted fault can be held to it too."""

import itertools
import json
from collections.abc import Callable, Sequence
from typing import Any

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.fold import fold
from codex_proxy.protocols.base import UpstreamError
from codex_proxy.protocols.openai_responses.stream.replay import events_of
from tests.laws import anthropic, gemini, ollama
from tests.laws.dialects import CALL, IDS, Spoken


def chunking(spoken: Spoken, raw: bytes, cuts: Sequence[int]) -> None:
    """Law 1: any split of the same bytes gives the same events."""
    borders = sorted({0, len(raw), *(cut % (len(raw) + 1) for cut in cuts)})
    pieces = [raw[start:end] for start, end in itertools.pairwise(borders)]
    assert _events(spoken, pieces) == _events(spoken, [raw])


def _events(spoken: Spoken, chunks: Sequence[bytes]) -> list[ev.Event] | Failure:
    try:
        return spoken.read(chunks)
    except UpstreamError as error:
        return error.failure


def round_trip(spoken: Spoken, events: Sequence[ev.Event]) -> None:
    """Law 2: what is written is read again, up to what the dialect cannot say."""
    assert spoken.normalise(spoken.read([spoken.written(events)])) == spoken.normalise(events)


def whole(spoken: Spoken, events: Sequence[ev.Event]) -> None:
    """Law 3: the whole answer says what the stream says."""
    response = fold(events)
    reply = spoken.server.encode_response(spoken.request(stream=False), response, IDS)
    if isinstance(response.ending, ev.Failed):
        assert reply.status >= 400
        told = spoken.client.parse_failure(reply.status, dict(reply.headers), reply.body)
        assert response.ending.failure.message in told.message
        return
    assert reply.status == 200
    assert said(spoken, spoken.client.parse_response(CALL, reply.body)) == said(spoken, events)


def said(spoken: Spoken, events: Sequence[ev.Event]) -> Any:
    """An answer in the dialect's normal form without the borders of its deltas, which only a stream has."""
    told = spoken.normalise(list(events))
    content = told.content
    if isinstance(content, dict):
        calls = [(*call[:3], "".join(call[3])) for call in content["calls"]]
        content = content | {name: "".join(content[name]) for name in ("text", "refusal")} | {"calls": calls}
    else:
        content = spoken.normalise(list(events_of(fold(events)))).content
    return content, told.ending, told.usage


def legality(spoken: Spoken, events: Sequence[ev.Event]) -> None:
    """Law 6: whatever goes in, what leaves is a legal stream."""
    stream = spoken.server.open_stream(spoken.request(), IDS)
    content = b"".join([stream.encode([event]) for event in events]) + stream.finish()
    _LEGAL.get(spoken.name, _legal_responses)(spoken.framing.payloads(content))


def _legal_chat(payloads: list[bytes]) -> None:
    assert payloads.count(b"[DONE]") == (payloads[-1] == b"[DONE]")
    chunks = [json.loads(payload) for payload in payloads if payload != b"[DONE]"]
    if "error" in chunks[-1]:
        chunks.pop()
    else:
        assert payloads[-1] == b"[DONE]"
        chunks = _without_finish(chunks)
    announced: set[int] = set()
    told: list[int] = []
    for place, chunk in enumerate(chunks):
        (choice,) = chunk["choices"]
        assert choice["finish_reason"] is None
        assert ("role" in choice["delta"]) == (place == 0)
        for call in choice["delta"].get("tool_calls", []):
            assert ("id" in call) == (call["index"] not in announced)
            announced.add(call["index"])
            told.append(call["index"])
    assert told == sorted(told)
    assert announced == set(range(len(announced)))


def _without_finish(chunks: list[Any]) -> list[Any]:
    if not chunks[-1]["choices"]:
        assert chunks.pop()["usage"]
    (choice,) = chunks.pop()["choices"]
    assert choice["finish_reason"] in {"stop", "length", "tool_calls", "content_filter"}
    return chunks


def _legal_responses(payloads: list[bytes]) -> None:
    events = [json.loads(payload) for payload in payloads]
    numbers = [event["sequence_number"] for event in events]
    assert numbers == sorted(set(numbers))
    assert [event["type"] for event in events[:2]] == ["response.created", "response.in_progress"]
    terminal = {"response.completed", "response.incomplete", "response.failed", "error"}
    assert [event["type"] in terminal for event in events].index(True) == len(events) - 1
    opened: dict[int, set[int]] = {}
    closed: set[int] = set()
    for event in events[2:-1]:
        _legal_item_event(event, opened, closed)
    if events[-1]["type"] in {"response.completed", "response.incomplete"}:
        assert not opened
        assert len(events[-1]["response"]["output"]) == len(closed)


def _legal_item_event(event: Any, opened: dict[int, set[int]], closed: set[int]) -> None:
    name, index, part = event["type"], event.get("output_index"), event.get("content_index")
    if index is None:
        assert name == "response.brand_new"
    elif name == "response.output_item.added":
        assert index not in opened
        assert index not in closed
        opened[index] = set()
    elif name == "response.output_item.done":
        assert not opened.pop(index)
        closed.add(index)
    elif name == "response.content_part.added":
        assert part not in opened[index]
        opened[index].add(part)
    elif name == "response.content_part.done":
        opened[index].remove(part)
    elif part is not None and "reasoning" not in name:
        assert part in opened[index]
    else:
        assert index in opened


_LEGAL: dict[str, Callable[[list[bytes]], None]] = {
    "openai_chat": _legal_chat,
    "ollama": ollama.legal,
    "gemini": gemini.legal,
    "anthropic": anthropic.legal,
}
