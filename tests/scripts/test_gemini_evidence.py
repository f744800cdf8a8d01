"""What is held against Gemini's recordings and captures, and that faults are noticed."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zstandard

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.request import Dialect
from codex_proxy.canonical.usage import Usage
from codex_proxy.protocols.base import Step, UpstreamCall
from codex_proxy.protocols.gemini.client import GeminiClient
from codex_proxy.protocols.gemini.decoding.decoder import GeminiDecoder
from scripts import captures_check, corpus_check
from scripts.evidence.codecs import our_pairs
from scripts.evidence.gemini.captured import losses
from scripts.evidence.gemini.reading import reading_of

SHARED = Path(__file__).parents[3] / "shared"
CORPUS = SHARED / "corpus" / "gemini"
CAPTURES = [SHARED / "captures" / name for name in ("gemini-cli", "google-genai-python")]

USAGE = {"promptTokenCount": 9, "candidatesTokenCount": 4, "thoughtsTokenCount": 2, "totalTokenCount": 15}
Spoil = Callable[[Sequence[ev.Event]], Sequence[ev.Event]]


def chunk(*parts: Any, **members: Any) -> str:
    finish = {"finishReason": members.pop("finish")} if "finish" in members else {}
    candidate = {"content": {"role": "model", "parts": list(parts)}, "index": 0, **finish}
    return (
        "data: "
        + json.dumps({"candidates": [candidate], "responseId": "r", "modelVersion": "m", **members})
        + "\r\n\r\n"
    )


def stream() -> str:
    call = {"functionCall": {"id": "c1", "name": "f", "args": {"city": "Köln"}}, "thoughtSignature": "c2ln"}
    return "".join(
        [
            chunk({"text": "wo?", "thought": True}),
            chunk({"text": "1 € "}),
            chunk({"text": "🙂"}),
            chunk(call, finish="STOP", usageMetadata=USAGE),
        ]
    )


def exchange(folder: Path, *, status: int = 200, **response: Any) -> Path:
    """A file in the form of a recorded exchange."""
    whole = {
        "protocol": "gemini",
        "request": {"method": "POST", "path": "/v1beta/models/m:streamGenerateContent?alt=sse", "body": None},
        "response": {"status": status, "headers": {}, **response},
    }
    file = folder / f"{len(list(folder.iterdir()))}.json"
    file.write_text(json.dumps(whole))
    return file


def misses(folder: Path, client: GeminiClient | None = None) -> list[str]:
    pairs = our_pairs()
    if client is not None:
        pairs[Dialect.GEMINI] = replace(pairs[Dialect.GEMINI], reader=client)
    findings = corpus_check.run([folder], pairs)
    assert findings.rows
    return [f"{miss.stage}: {miss.reason}" for row in findings.rows for miss in row.misses if miss.known is None]


class Faulty(GeminiClient):
    """Our client, but for what ``spoil`` does to the events of each step."""

    def __init__(self, spoil: Spoil) -> None:
        super().__init__()
        self._spoil = spoil

    def open_stream(self, call: UpstreamCall) -> GeminiDecoder:
        return _FaultyDecoder(super().open_stream(call), self._spoil)

    def parse_failure(self, status: int, headers: object, body: bytes) -> Failure:
        return Failure(kind=FailureKind.OVERLOADED, message="something went wrong")


class _FaultyDecoder(GeminiDecoder):
    def __init__(self, ours: GeminiDecoder, spoil: Spoil) -> None:
        self._ours = ours
        self._spoil = spoil

    def feed(self, chunk: bytes) -> list[Step]:
        return [Step(step.frame, tuple(self._spoil(step.events))) for step in self._ours.feed(chunk)]

    def end(self) -> list[Step]:
        return [Step(step.frame, tuple(self._spoil(step.events))) for step in self._ours.end()]


def without_text(events: Sequence[ev.Event]) -> Sequence[ev.Event]:
    return [msgspec.structs.replace(event, text="x") if isinstance(event, ev.TextEnded) else event for event in events]


def other_usage(events: Sequence[ev.Event]) -> Sequence[ev.Event]:
    counts = ev.UsageReported(usage=Usage(input_tokens=1))
    return [counts if isinstance(event, ev.UsageReported) else event for event in events]


def other_call(events: Sequence[ev.Event]) -> Sequence[ev.Event]:
    return [
        msgspec.structs.replace(event, name="g") if isinstance(event, ev.ToolCallStarted) else event for event in events
    ]


def always_done(events: Sequence[ev.Event]) -> Sequence[ev.Event]:
    done = ev.ResponseEnded(ending=ev.Completed())
    return [done if isinstance(event, ev.ResponseEnded) else event for event in events]


def test_a_faultless_exchange_has_no_miss(tmp_path: Path) -> None:
    exchange(tmp_path, stream=[stream()])
    exchange(tmp_path, body=[json.loads(one[6:]) for one in stream().split("\r\n\r\n") if one])
    exchange(tmp_path, status=429, body={"error": {"code": 429, "message": "quota", "status": "RESOURCE_EXHAUSTED"}})
    assert misses(tmp_path) == []


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (without_text, "text"),
        (other_usage, "usage"),
        (other_call, "tool call 0 name"),
        (always_done, "broken off: ending"),
        (lambda events: events[:-1], "event order"),
    ],
)
def test_a_faulty_reader_is_noticed(tmp_path: Path, spoil: Spoil, told: str) -> None:
    exchange(tmp_path, stream=[stream()])
    assert any(told in miss for miss in misses(tmp_path, Faulty(spoil)))


def test_a_wrong_failure_is_noticed(tmp_path: Path) -> None:
    exchange(tmp_path, status=400, body={"error": {"code": 400, "message": "bad", "status": "INVALID_ARGUMENT"}})
    found = misses(tmp_path, Faulty(lambda events: events))
    assert ["kind: " in miss for miss in found] == [True, False]
    assert "message: expected 'bad'" in found[1]


def test_arguments_that_come_in_pieces_are_read_without_our_help() -> None:
    def piece(**call: Any) -> dict[str, Any]:
        return {"candidates": [{"content": {"parts": [{"functionCall": call}]}}]}

    partial = [{"jsonPath": "$.city", "stringValue": "Bos"}], [{"jsonPath": "$.city", "stringValue": "ton"}]
    chunks = [piece(name="f", willContinue=True), piece(partialArgs=partial[0]), piece(partialArgs=partial[1]), piece()]
    assert [call.arguments for call in reading_of(chunks).calls] == ['{"city":"Boston"}']


def test_what_a_captured_request_loses_is_noticed() -> None:
    asked = {
        "contents": [
            {"parts": [{"text": "hi"}, {"inlineData": {}}]},
            {"parts": [{"functionCall": {"name": "f"}}, {"functionResponse": {}}]},
        ],
        "tools": [{"functionDeclarations": [{"name": "f"}]}],
    }
    body = zstandard.compress(msgspec.json.encode({"input": []}))
    found = losses(asked, UpstreamCall(method="POST", path="/x", headers=(), body=body))
    assert [loss.partition(":")[0] for loss in found] == ["texts", "calls", "tools", "results", "pictures"]


@pytest.mark.recordings
def test_recorded_answers() -> None:
    if not CORPUS.is_dir():
        pytest.skip("no recorded answers: they are kept outside the repository")
    findings = corpus_check.run([CORPUS], our_pairs())
    assert [(row.recording.path.name, row.misses) for row in findings.missed] == []
    assert sum(row.source == "SDK types" for row in findings.rows) > 80


@pytest.mark.recordings
def test_captured_requests() -> None:
    if not all(folder.is_dir() for folder in CAPTURES):
        pytest.skip("no captured requests: they are kept outside the repository")
    findings = captures_check.run(CAPTURES, captures_check.Codecs())
    assert [(row.capture.path.name, row.misses) for row in findings.missed] == []
    assert sum(row.built for row in findings.rows) == 17
