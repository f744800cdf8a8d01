import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.request import Dialect
from codex_proxy.framing.sse import Frame
from codex_proxy.protocols.base import ClientStream, ReplyFacts, Step, UpstreamCall
from scripts.corpus_check import Findings, run, show
from scripts.evidence.broken import half_of
from scripts.evidence.codecs import Pair, Reader, our_pairs
from scripts.evidence.exchange import cut

SHARED = Path(__file__).parents[3] / "shared"
FOLDERS = [
    SHARED / "corpus" / name for name in ("openai-chat", "openai-responses", "codex-backend", "anthropic-messages")
]

USAGE = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}


def chunk(**members: Any) -> str:
    whole = {"id": "c1", "object": "chat.completion.chunk", "created": 5, "model": "m", "choices": [], **members}
    return f"data: {json.dumps(whole, ensure_ascii=False)}\n\n"


def said(delta: dict[str, Any], finish: str | None = None) -> str:
    return chunk(choices=[{"index": 0, "delta": delta, "finish_reason": finish}])


def call(index: int, arguments: str, **members: Any) -> dict[str, Any]:
    return {"tool_calls": [{"index": index, "function": {"arguments": arguments}, **members}]}


def named(index: int, call_id: str, name: str) -> dict[str, Any]:
    return {"tool_calls": [{"index": index, "id": call_id, "type": "function", "function": {"name": name}}]}


def chat_stream() -> str:
    """Thoughts, words with characters of several bytes, and two calls."""
    return "".join(
        [
            said({"role": "assistant", "reasoning_content": "wo liegt "}),
            said({"reasoning_content": "Köln?"}),
            said({"content": "Größe: "}),
            said({"content": "1 € 🙂"}),
            said(named(0, "call_a", "place")),
            said(call(0, '{"city": "Köln"}')),
            said(named(1, "call_b", "weather")),
            said(call(1, '{"day": 1}')),
            said({}, "tool_calls"),
            chunk(usage=USAGE),
            "data: [DONE]\n\n",
        ]
    )


def exchange(folder: Path, *, protocol: str = "openai-chat", status: int = 200, **response: Any) -> Path:
    """A file in the form of a recorded exchange."""
    path = "/v1/chat/completions" if protocol == "openai-chat" else "/v1/responses"
    whole = {
        "source": {"kind": "recorded"},
        "protocol": protocol,
        "request": {"method": "POST", "host": "vendor.example", "path": path, "body": None},
        "response": {"status": status, "headers": {}, **response},
    }
    file = folder / f"{len(list(folder.iterdir()))}.json"
    file.write_text(json.dumps(whole))
    return file


def misses(findings: Findings) -> list[str]:
    return [f"{miss.stage}: {miss.reason}" for row in findings.rows for miss in row.misses if miss.known is None]


def check(folder: Path, reader: Reader | None = None) -> Findings:
    """The folder through our codecs, or through a reader that is at fault."""
    pairs = our_pairs()
    if reader is not None:
        chat = pairs[Dialect.OPENAI_CHAT]
        pairs[Dialect.OPENAI_CHAT] = Pair(reader=reader, server=chat.server, other=chat.other)
    return run([folder], pairs)


class Faulty:
    """Our chat client, but for what ``spoil`` does to the events of each step."""

    def __init__(self, spoil: Callable[[Sequence[ev.Event]], Sequence[ev.Event]]) -> None:
        self._ours = our_pairs()[Dialect.OPENAI_CHAT].reader
        self._spoil = spoil

    def open_stream(self, call: UpstreamCall) -> ClientStream:
        return _FaultyStream(self._ours.open_stream(call), self._spoil)

    def parse_response(self, call: UpstreamCall, body: bytes) -> list[ev.Event]:
        return list(self._spoil(self._ours.parse_response(call, body)))

    def parse_headers(self, headers: Mapping[str, str]) -> ReplyFacts:
        return self._ours.parse_headers(headers)

    def parse_failure(self, status: int, headers: Mapping[str, str], body: bytes) -> Failure:
        return Failure(kind=FailureKind.OVERLOADED, message="something went wrong")


class _FaultyStream:
    def __init__(self, ours: ClientStream, spoil: Callable[[Sequence[ev.Event]], Sequence[ev.Event]]) -> None:
        self._ours = ours
        self._spoil = spoil

    def feed(self, chunk: bytes) -> list[Step]:
        return [Step(step.frame, tuple(self._spoil(step.events))) for step in self._ours.feed(chunk)]

    def feed_frame(self, frame: Frame) -> Step:
        return self._ours.feed_frame(frame)

    def end(self) -> list[Step]:
        return [Step(step.frame, tuple(self._spoil(step.events))) for step in self._ours.end()]


def without_first_words(events: Sequence[ev.Event]) -> Sequence[ev.Event]:
    kept: list[ev.Event] = []
    for event in events:
        if isinstance(event, ev.TextEnded):
            kept.append(msgspec.structs.replace(event, text=event.text.removeprefix("Größe: ")))
        elif not (isinstance(event, ev.TextDelta) and event.text == "Größe: "):
            kept.append(event)
    return kept


def with_calls_swapped(events: Sequence[ev.Event]) -> Sequence[ev.Event]:
    swapped = {"call_a": ("call_b", "weather"), "call_b": ("call_a", "place")}
    return [
        msgspec.structs.replace(event, call_id=swapped[event.call_id][0], name=swapped[event.call_id][1])
        if isinstance(event, ev.ToolCallStarted)
        else event
        for event in events
    ]


def without_an_end(events: Sequence[ev.Event]) -> Sequence[ev.Event]:
    return [event for event in events if not isinstance(event, ev.ResponseEnded)]


def with_only_deltas_lost(events: Sequence[ev.Event]) -> Sequence[ev.Event]:
    return [event for event in events if not isinstance(event, ev.TextDelta)]


def test_a_good_exchange_passes_every_stage(tmp_path: Path) -> None:
    exchange(tmp_path, stream=[chat_stream()])
    findings = check(tmp_path)
    assert misses(findings) == []
    assert findings.rows[0].source == "SDK accumulator"


def test_a_dropped_delta_is_a_miss(tmp_path: Path) -> None:
    exchange(tmp_path, stream=[chat_stream()])
    found = misses(check(tmp_path, Faulty(without_first_words)))
    assert "decode: text: expected 'Größe: 1 € 🙂', got '1 € 🙂'" in found
    assert any(miss.startswith("stream: text") for miss in found)


def test_a_delta_lost_beside_a_right_end_is_seen_by_the_client(tmp_path: Path) -> None:
    exchange(tmp_path, stream=[chat_stream()])
    found = misses(check(tmp_path, Faulty(with_only_deltas_lost)))
    assert [miss for miss in found if miss.startswith("decode")] == []
    assert any(miss.startswith("stream: text: expected 'Größe: 1 € 🙂', got ''") for miss in found)


def test_swapped_calls_are_a_miss(tmp_path: Path) -> None:
    exchange(tmp_path, stream=[chat_stream()])
    found = misses(check(tmp_path, Faulty(with_calls_swapped)))
    assert "decode: tool call 0 call_id: expected 'call_a', got 'call_b'" in found
    assert "decode: tool call 1 name: expected 'weather', got 'place'" in found


def test_a_missing_finish_is_a_miss(tmp_path: Path) -> None:
    exchange(tmp_path, stream=[chat_stream()])
    found = misses(check(tmp_path, Faulty(without_an_end)))
    assert "decode: event order: the last event is not ResponseEnded" in found
    assert "decode: ending: expected 'completed', got 'unfinished'" in found
    assert any(miss.startswith("stream: ending: expected 'completed', got 'failed'") for miss in found)


def test_a_stream_that_broke_off_has_failed_and_not_completed(tmp_path: Path) -> None:
    exchange(tmp_path, stream=[said({"content": "half an"})])
    assert misses(check(tmp_path)) == []
    assert "decode: ending" in "".join(misses(check(tmp_path, Faulty(with_a_made_up_end))))


def test_half_of_a_good_stream_must_not_look_whole(tmp_path: Path) -> None:
    raw = chat_stream()
    half = half_of(raw.encode())
    assert half is not None
    assert b'finish_reason": "' not in half
    assert raw.encode().startswith(half)
    exchange(tmp_path, stream=[raw])
    found = misses(check(tmp_path, Faulty(with_a_made_up_end)))
    assert any(miss.startswith("broken off: ending: expected a disconnection, got Completed") for miss in found)


def with_a_made_up_end(events: Sequence[ev.Event]) -> Sequence[ev.Event]:
    return [
        msgspec.structs.replace(event, ending=ev.Completed()) if isinstance(event, ev.ResponseEnded) else event
        for event in events
    ]


def test_a_whole_answer_and_its_usage(tmp_path: Path) -> None:
    message = {"role": "assistant", "content": "Ja.", "refusal": None}
    choice = {"index": 0, "message": message, "finish_reason": "length"}
    exchange(tmp_path, body={"id": "c", "object": "chat.completion", "model": "m", "choices": [choice], "usage": USAGE})
    assert misses(check(tmp_path)) == []
    found = misses(check(tmp_path, Faulty(without_usage)))
    assert any(miss.startswith("decode: usage: expected Counts(input=9") for miss in found)


def without_usage(events: Sequence[ev.Event]) -> Sequence[ev.Event]:
    return [event for event in events if not isinstance(event, ev.UsageReported)]


def test_what_the_sdk_cannot_accumulate_is_held_against_the_tolerant_reader(tmp_path: Path) -> None:
    """Two calls without an index, as one vendor sends them."""
    calls = [
        {"id": f"call_{name}", "type": "function", "function": {"name": name, "arguments": "{}"}} for name in ("a", "b")
    ]
    exchange(tmp_path, stream=[said({"tool_calls": calls}, "tool_calls") + "data: [DONE]\n\n"])
    findings = check(tmp_path)
    assert misses(findings) == []
    assert findings.rows[0].source == "tolerant reader (SDK: a tool call without an index)"


def test_an_http_error_keeps_its_kind_and_its_words(tmp_path: Path) -> None:
    body = {"error": {"message": "Rate limit reached", "type": "tokens", "code": "rate_limit_exceeded"}}
    exchange(tmp_path, status=429, body=body)
    assert misses(check(tmp_path)) == []
    found = misses(check(tmp_path, Faulty(lambda events: events)))
    assert any(miss.startswith("error: message: expected 'Rate limit reached'") for miss in found)


@pytest.mark.parametrize("spoilt", ["delta", "done", "none"])
def test_a_responses_stream(tmp_path: Path, spoilt: str) -> None:
    """Text that contradicts its own end is the recording's defect, and only where a streaming client sees it."""
    words = "half" if spoilt == "delta" else "whole"
    exchange(tmp_path, protocol="openai-responses", stream=[responses_stream(words, twice=spoilt == "done")])
    findings = check(tmp_path)
    assert misses(findings) == []
    excused = {miss.known for row in findings.rows for miss in row.misses}
    assert (excused == set()) is (spoilt == "none")


def responses_stream(delta: str, *, twice: bool = False) -> str:
    part = {"type": "output_text", "text": "whole", "annotations": [], "logprobs": []}
    item = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [part]}
    whole = {"id": "resp_1", "object": "response", "created_at": 5, "model": "m", "output": [], "status": "in_progress"}
    usage = {
        "input_tokens": 3,
        "output_tokens": 2,
        "total_tokens": 5,
        "input_tokens_details": {"cached_tokens": 1},
        "output_tokens_details": {"reasoning_tokens": 0},
    }
    place = {"output_index": 0, "content_index": 0, "item_id": "msg_1", "logprobs": []}
    end = {**whole, "status": "completed", "output": [item], "usage": usage}
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": whole},
        {"type": "response.output_item.added", "output_index": 0, "item": {**item, "content": []}},
        {"type": "response.content_part.added", **place, "part": {**part, "text": ""}},
        {"type": "response.output_text.delta", **place, "delta": delta},
        {"type": "response.output_text.done", **place, "text": "whole"},
        {"type": "response.content_part.done", **place, "part": part},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": end},
    ]
    if twice:
        other = {**whole, "id": "resp_2"}
        events += [{"type": "response.created", "response": other}]
        later = {**item, "id": "msg_2", "content": [{**part, "text": "another answer"}]}
        events += [{"type": "response.completed", "response": {**end, "id": "resp_2", "output": [later]}}]
    told = [{**event, "sequence_number": number} for number, event in enumerate(events)]
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in told)


def test_a_request_that_we_refuse_by_design_is_told_apart(tmp_path: Path) -> None:
    for extra in ({"n": 2}, {"messages": 7}):
        file = exchange(tmp_path, stream=[chat_stream()])
        recorded = json.loads(file.read_text())
        recorded["request"]["body"] = {"model": "m", "messages": [{"role": "user", "content": "x"}], **extra}
        file.write_text(json.dumps(recorded))
    findings = check(tmp_path)
    assert misses(findings) == ["request: refused: messages: expected an array, got a number"]
    assert len(findings.missed) == 1


def test_what_is_no_exchange_is_said_and_not_a_crash(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exchange(tmp_path, stream=[chat_stream()])
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "list.json").write_text("[1]")
    (tmp_path / "other.json").write_text('{"protocol": "smoke signals", "response": {"status": 200}}')
    findings = check(tmp_path)
    assert [skipped.path.name for skipped in findings.skipped] == ["broken.json", "list.json", "other.json"]
    show(findings, verbose=True)
    printed = capsys.readouterr().out
    assert "protocol 'smoke signals' is not checked" in printed
    assert "MISS" not in printed


@pytest.mark.parametrize("body", ["not json", [], {"choices": 5}, {"choices": [None]}, {"error": "gone"}, {}])
def test_an_answer_that_makes_no_sense_is_no_crash(tmp_path: Path, body: object) -> None:
    exchange(tmp_path, body=body)
    exchange(tmp_path, protocol="openai-responses", body=body)
    assert len(check(tmp_path).rows) == 2


def test_chunk_borders_are_the_same_for_the_same_seed_and_lose_nothing() -> None:
    raw = chat_stream().encode()
    assert cut(raw, "a") == cut(raw, "a") != cut(raw, "b")
    assert b"".join(cut(raw, "a")) == raw


@pytest.mark.recordings
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_recorded_traffic(folder: Path) -> None:
    if not folder.is_dir():
        pytest.skip("no recorded traffic: it is kept outside the repository")
    findings = check(folder)
    assert findings.rows
    assert misses(findings) == []
