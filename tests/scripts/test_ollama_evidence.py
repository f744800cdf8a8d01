"""The checks of recorded and captured Ollama traffic notice what they are for."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zstandard

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.canonical.target import Target
from codex_proxy.protocols.base import ReplyFacts, Step, UpstreamCall
from codex_proxy.protocols.codex.client import CodexClient
from codex_proxy.protocols.ollama.client import OllamaClient
from scripts import captures_check, corpus_check
from scripts.evidence.codecs import our_pairs
from scripts.evidence.ollama.checking import half_of

SHARED = Path(__file__).parents[3] / "shared"
CORPUS = SHARED / "corpus" / "ollama"
CAPTURES = SHARED / "captures" / "ollama-python"
ASKED: dict[str, Any] = {
    "model": "m",
    "messages": [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "add"},
        {"role": "assistant", "tool_calls": [{"function": {"name": "add", "arguments": {"x": 1}}}]},
        {"role": "tool", "tool_name": "add", "content": "2"},
    ],
    "tools": [{"type": "function", "function": {"name": "add", "description": "adds", "parameters": {}}}],
}

Spoil = Callable[[Sequence[ev.Event]], Sequence[ev.Event]]


def line(**members: Any) -> str:
    return json.dumps({"model": "m", "created_at": "2026-08-17T15:57:13Z", "done": False} | members) + "\n"


def stream() -> str:
    call = {"id": "c", "function": {"index": 0, "name": "add", "arguments": {"x": 1}}}
    said: list[dict[str, Any]] = [{"thinking": "hm"}, {"content": "Grö"}, {"content": "ße"}, {"tool_calls": [call]}]
    lines = [line(message={"role": "assistant", "content": ""} | message) for message in said]
    last = line(
        message={"role": "assistant", "content": ""}, done=True, done_reason="stop", prompt_eval_count=7, eval_count=5
    )
    return "".join(lines) + last.replace('"done": true', '"done":true')


def recorded(folder: Path, *, path: str = "/api/chat", status: int = 200, **response: Any) -> None:
    exchange = {
        "protocol": "ollama",
        "request": {"method": "POST", "path": path, "body": ASKED if path == "/api/chat" else None},
        "response": {"status": status, **response},
    }
    (folder / f"{len(list(folder.iterdir()))}.json").write_text(json.dumps(exchange))


def misses(folder: Path, spoil: Spoil | None = None) -> list[str]:
    pairs = our_pairs()
    if spoil is not None:
        pairs[Dialect.OLLAMA] = replace(pairs[Dialect.OLLAMA], reader=Faulty(spoil))
    findings = corpus_check.run([folder], pairs)
    assert findings.rows
    return [f"{miss.stage}: {miss.reason}" for row in findings.rows for miss in row.misses]


class Faulty:
    """A client codec whose events are spoilt."""

    def __init__(self, spoil: Spoil) -> None:
        self._spoil = spoil
        self._ours = OllamaClient()

    def open_stream(self, call: UpstreamCall) -> Any:
        return _FaultyStream(self._ours.open_stream(call), self._spoil)

    def parse_response(self, call: UpstreamCall, body: bytes) -> list[ev.Event]:
        return list(self._spoil(self._ours.parse_response(call, body)))

    def parse_headers(self, headers: Mapping[str, str]) -> ReplyFacts:
        return ReplyFacts()

    def parse_failure(self, status: int, headers: Mapping[str, str], body: bytes) -> Failure:
        return Failure(kind=FailureKind.OVERLOADED, message="something went wrong")


class _FaultyStream:
    def __init__(self, ours: Any, spoil: Spoil) -> None:
        self._ours = ours
        self._spoil = spoil

    def feed(self, chunk: bytes) -> list[Step]:
        return [Step(step.frame, tuple(self._spoil(step.events))) for step in self._ours.feed(chunk)]

    def end(self) -> list[Step]:
        return [Step(step.frame, tuple(self._spoil(step.events))) for step in self._ours.end()]


def without(*kinds: type) -> Spoil:
    return lambda events: [event for event in events if not isinstance(event, kinds)]


def made_up_end(events: Sequence[ev.Event]) -> Sequence[ev.Event]:
    return [
        msgspec.structs.replace(event, ending=ev.Completed()) if isinstance(event, ev.ResponseEnded) else event
        for event in events
    ]


def test_good_exchanges_pass_every_stage(tmp_path: Path) -> None:
    recorded(tmp_path, stream=[stream()])
    recorded(tmp_path, body=json.loads(line(message={"role": "assistant", "content": "x"}, done=True, eval_count=1)))
    recorded(tmp_path, path="/api/generate", stream=[line(response="x") + line(response="", done=True)])
    recorded(tmp_path, status=404, body={"error": "model 'm' not found"})
    recorded(tmp_path, path="/api/tags", body={"models": []})
    assert misses(tmp_path) == []


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (without(ev.UsageReported), "decode: usage: expected Counts(input=7"),
        (without(ev.TextDelta), "stream: text: expected 'Größe', got ''"),
        (without(ev.ThinkingStarted, ev.ThinkingDelta, ev.ThinkingEnded), "decode: reasoning"),
        (without(ev.ToolCallStarted, ev.ToolCallDelta, ev.ToolCallEnded), "across, whole: number of tool calls"),
        (without(ev.ResponseEnded), "decode: event order: the last event is not ResponseEnded"),
        (made_up_end, "broken off: ending: expected a disconnection, got Completed"),
    ],
)
def test_faults_are_noticed(tmp_path: Path, spoil: Spoil, told: str) -> None:
    recorded(tmp_path, stream=[stream()])
    assert any(miss.startswith(told) for miss in misses(tmp_path, spoil))


def test_an_error_keeps_its_kind_and_its_words(tmp_path: Path) -> None:
    recorded(tmp_path, status=404, body={"error": "model 'm' not found"})
    found = misses(tmp_path, lambda events: events)
    assert found == [
        "error: kind: expected one of model_not_found, got overloaded",
        "error: message: expected \"model 'm' not found\", got 'something went wrong'",
    ]


def test_half_of_a_stream_has_no_end() -> None:
    half = half_of(stream().encode())
    assert half is not None
    assert stream().encode().startswith(half)
    assert half.endswith(b"\n")
    assert half_of(line(done=True).replace('"done": true', '"done":true').encode()) is None


class Losing:
    """A codex client that spoils the body it builds."""

    def __init__(self, spoilt: str) -> None:
        self._spoilt = spoilt

    def build_call(self, request: Request, target: Target) -> UpstreamCall:
        call = CodexClient().build_call(request, target)
        body = msgspec.json.decode(zstandard.ZstdDecompressor().decompressobj().decompress(call.body))
        match self._spoilt:
            case "words":
                body["input"][0]["content"][0]["text"] = "subtract"
            case "calls":
                body["input"][1]["arguments"] = "{}"
            case "results":
                body["input"][2]["output"] = "3"
            case "tools":
                body["tools"] = []
        packed = zstandard.ZstdCompressor().compress(msgspec.json.encode(body))
        return msgspec.structs.replace(call, body=packed)


def captured(folder: Path, codecs: captures_check.Codecs) -> list[str]:
    request = {"method": "POST", "path": "/api/chat", "headers": [], "body": ASKED}
    (folder / "0.json").write_text(json.dumps(request))
    findings = captures_check.run([folder], codecs)
    return [miss for row in findings.rows for miss in row.misses]


def test_a_captured_request_reaches_the_backend_whole(tmp_path: Path) -> None:
    assert captured(tmp_path, captures_check.Codecs()) == []


@pytest.mark.parametrize(
    ("spoilt", "told"),
    [
        ("words", "words: expected ['be brief', 'add'], sent ['be brief', 'subtract']"),
        ("calls", "calls: expected [('add', {'x': 1})], sent [('add', {})]"),
        ("results", "results: expected ['2'], sent ['3']"),
        ("tools", "tools: expected {'add': 'adds'}, sent {}"),
    ],
)
def test_what_is_lost_on_the_way_is_a_miss(tmp_path: Path, spoilt: str, told: str) -> None:
    assert captured(tmp_path, captures_check.Codecs(codex=Losing(spoilt))) == [told]


@pytest.mark.recordings
def test_recorded_traffic() -> None:
    if not CORPUS.is_dir():
        pytest.skip("no recorded traffic: it is kept outside the repository")
    assert misses(CORPUS) == []


@pytest.mark.recordings
def test_captured_requests() -> None:
    if not CAPTURES.is_dir():
        pytest.skip("no captured requests: they are kept outside the repository")
    findings = captures_check.run([CAPTURES], captures_check.Codecs())
    assert findings.rows
    assert findings.missed == []
