"""Every answer told in every dialect: the check passes good answers and notices planted faults."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.fold import Response
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.framing.sse import Frame
from codex_proxy.protocols.base import AnswerIds, ServerStream, WireReply
from scripts.evidence.codecs import Pair, our_pairs
from scripts.evidence.cross.checking import TARGETS, Crossing
from scripts.evidence.cross.sayable import WORDS, sayable
from scripts.evidence.cross.table import cross, show, unexplained
from scripts.evidence.readers.answer import Answer, Call, Counts
from tests.scripts.test_corpus_check import SHARED, chat_stream, chunk, exchange, responses_stream, said

CORPUS = SHARED / "corpus"
EVERY = 9  # the command looks at all of them
COUNTS = {"input_tokens": 7, "output_tokens": 5, "cache_read_input_tokens": 2}


def recorded(folder: Path, protocol: str, path: str, **response: Any) -> None:
    """A file in the form of a recorded exchange, of any protocol."""
    whole = {
        "protocol": protocol,
        "request": {"method": "POST", "path": path, "body": None},
        "response": {"status": 200, "headers": {}, **response},
    }
    (folder / f"{protocol}-{len(list(folder.iterdir()))}.json").write_text(json.dumps(whole))


def five_answers(folder: Path) -> None:
    """One answer of each dialect, most with thoughts and a call."""
    exchange(folder, stream=[chat_stream()])
    exchange(folder, protocol="openai-responses", stream=[responses_stream("whole")])
    blocks = [
        {"type": "thinking", "thinking": "hm", "signature": "c2ln"},
        {"type": "text", "text": "Ja."},
        {"type": "tool_use", "id": "toolu_1", "name": "ls", "input": {"path": "ü"}},
    ]
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": blocks}
    ended = {"stop_reason": "tool_use", "stop_sequence": None, "usage": COUNTS}
    recorded(folder, "anthropic-messages", "/v1/messages", body={**message, **ended})
    parts = [{"text": "hm", "thought": True}, {"text": "Ja."}, {"functionCall": {"id": "f", "name": "ls", "args": {}}}]
    usage = {"promptTokenCount": 3, "candidatesTokenCount": 2, "thoughtsTokenCount": 1, "totalTokenCount": 6}
    candidate = {"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}
    recorded(
        folder,
        "gemini",
        "/v1beta/models/g:generateContent",
        body={"candidates": [candidate], "usageMetadata": usage, "modelVersion": "g"},
    )
    told = {"model": "m", "created_at": "2026-01-01T00:00:00Z", "message": {"role": "assistant", "content": "Ja."}}
    last = {"done": True, "done_reason": "length", "prompt_eval_count": 4, "eval_count": 2}
    recorded(folder, "ollama", "/api/chat", body={**told, **last})


class FaultyServer:
    """Our codec, but for what ``spoil`` does to the events that it is given."""

    def __init__(self, target: Dialect, spoil: Callable[[Sequence[ev.Event]], Sequence[ev.Event]]) -> None:
        self._ours, self._spoil = our_pairs()[target].server, spoil

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ours, name)

    def open_stream(self, request: Request, ids: AnswerIds) -> Any:
        return _FaultyStream(self._ours.open_stream(request, ids), self._spoil)

    def encode_response(self, request: Request, response: Response, ids: AnswerIds) -> WireReply:
        return self._ours.encode_response(request, msgspec.structs.replace(response, usage=None), ids)


class _FaultyStream:
    def __init__(self, ours: ServerStream, spoil: Callable[[Sequence[ev.Event]], Sequence[ev.Event]]) -> None:
        self._ours, self._spoil = ours, spoil

    @property
    def repairs(self) -> int:
        return self._ours.repairs

    def encode(self, events: Sequence[ev.Event], frame: Frame | None = None) -> bytes:
        return self._ours.encode(self._spoil(events), frame)

    def finish(self) -> bytes:
        return self._ours.finish()


def without_text(events: Sequence[ev.Event]) -> Sequence[ev.Event]:
    return [event for event in events if not isinstance(event, ev.TextDelta | ev.TextEnded)]


def without_calls(events: Sequence[ev.Event]) -> Sequence[ev.Event]:
    calls = ev.ToolCallStarted | ev.ToolCallDelta | ev.ToolCallEnded
    return [event for event in events if not isinstance(event, calls)]


def with_an_orphan(events: Sequence[ev.Event]) -> Sequence[ev.Event]:
    """A piece of a block that nobody opened, which the Responses encoder cannot say."""
    return [*events, ev.ToolCallDelta(block=99, text="{")]


def crossed_with(
    folder: Path, target: Dialect, spoil: Callable[[Sequence[ev.Event]], Sequence[ev.Event]]
) -> list[Crossing]:
    pairs = our_pairs()
    server: Any = FaultyServer(target, spoil)
    pairs[target] = Pair(reader=pairs[target].reader, server=server)
    return cross([folder], pairs)


def test_an_answer_of_each_dialect_arrives_in_each(tmp_path: Path) -> None:
    five_answers(tmp_path)
    crossed = cross([tmp_path], our_pairs())
    assert unexplained(crossed) == []
    told = Counter((crossing.recording.dialect, crossing.target) for crossing in crossed)
    assert len(told) == 5 * len(TARGETS) == 25
    assert all(crossing.source for crossing in crossed)


@pytest.mark.parametrize("target", [target for target in TARGETS if target is not Dialect.GEMINI])
def test_lost_words_calls_and_counts_are_misses_of_that_target_only(tmp_path: Path, target: Dialect) -> None:
    five_answers(tmp_path)
    for spoil, word in ((without_text, "text: expected"), (without_calls, "number of tool calls: expected")):
        crossed = crossed_with(tmp_path, target, spoil)
        missed = [crossing for crossing in crossed if crossing.misses]
        assert {crossing.target for crossing in missed} == {target}
        reasons = [f"{miss.stage}: {miss.reason}" for crossing in missed for miss in crossing.misses]
        assert any(word in reason and "whole" not in reason for reason in reasons)
        assert any("usage: expected" in reason and "whole" in reason for reason in reasons)


def test_what_has_to_be_repaired_is_a_miss(tmp_path: Path) -> None:
    exchange(tmp_path, stream=[chat_stream()])
    found = unexplained(crossed_with(tmp_path, Dialect.OPENAI_RESPONSES, with_an_orphan))
    assert any("across to openai_responses, stream] the legality machine had to repair" in line for line in found)


def test_an_answer_that_makes_no_sense_is_a_miss_and_no_crash(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exchange(tmp_path, stream=[said({"content": "half an"})])
    exchange(tmp_path, body={"choices": 5})
    exchange(tmp_path, status=429, body={"error": {"message": "no"}})
    (tmp_path / "list.json").write_text("[1]")
    crossed = cross([tmp_path], our_pairs())
    assert len(crossed) == 2 * len(TARGETS)
    show(crossed)
    printed = capsys.readouterr().out
    assert "to ollama" in printed
    assert printed.count("MISS ") == len(unexplained(crossed)) > 0


def test_a_sample_takes_every_nth_answer_of_each_dialect(tmp_path: Path) -> None:
    for number in range(5):
        exchange(tmp_path, stream=[said({"content": str(number)}, "stop") + chunk() + "data: [DONE]\n\n"])
    exchange(tmp_path, protocol="openai-responses", stream=[responses_stream("whole")])
    crossed = cross([tmp_path], our_pairs(), every=3)
    assert Counter(crossing.recording.dialect for crossing in crossed) == {
        Dialect.OPENAI_CHAT: 2 * len(TARGETS),
        Dialect.OPENAI_RESPONSES: len(TARGETS),
    }


ODD = Answer(
    text="a",
    refusal="b",
    calls=(Call(call_id="c", name="f", arguments="{"), Call(call_id="d", name="g", arguments="x", kind="custom")),
    usage=Counts(input=1, cached=2, output=3, reasoning=1),
)


@pytest.mark.parametrize(
    ("target", "text", "arguments", "ending", "cached"),
    [
        (Dialect.OPENAI_RESPONSES, "a", ["{", "x"], "completed", 2),
        (Dialect.OPENAI_CHAT, "a", ["{", "x"], "completed", 2),
        (Dialect.ANTHROPIC, "ab", ["{", '{"input":"x"}'], "incomplete:content_filter", 2),
        (Dialect.GEMINI, "ab", ['{"input":"x"}'], "failed", None),
        (Dialect.OLLAMA, "ab", ['{"_raw":"{"}', '{"input":"x"}'], "completed", 0),
    ],
)
def test_what_a_dialect_can_say(
    target: Dialect, text: str, arguments: list[str], ending: str, cached: int | None
) -> None:
    told = sayable(ODD, target)
    assert (told.text, [call.arguments for call in told.calls], told.ending) == (text, arguments, ending)
    assert (told.usage.cached if told.usage else None) == cached


def test_the_table_knows_every_target() -> None:
    assert set(WORDS) == set(TARGETS)


@pytest.mark.recordings
def test_recorded_traffic_in_every_dialect() -> None:
    if not CORPUS.is_dir():
        pytest.skip("no recorded traffic: it is kept outside the repository")
    crossed = cross([CORPUS], our_pairs(), every=EVERY)
    assert len({(crossing.recording.dialect, crossing.target) for crossing in crossed}) == 6 * len(TARGETS)
    assert unexplained(crossed) == []
