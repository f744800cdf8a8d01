"""Recorded messages and captured requests of Anthropic's dialect: what is right passes, what is spoilt is a miss."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zstandard

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.canonical.target import Target
from codex_proxy.protocols.anthropic.client import AnthropicClient
from codex_proxy.protocols.anthropic.stream.decoder import AnthropicDecoder
from codex_proxy.protocols.base import Step, UpstreamCall
from codex_proxy.protocols.codex.client import CodexClient
from scripts import captures_check, corpus_check
from scripts.evidence.codecs import Pair, our_pairs
from tests.protocols.anthropic.wire import frame, opened, vendor_stream

TOOLS = [{"name": "ls", "input_schema": {"type": "object"}}]
ASKED: dict[str, Any] = {
    "model": "claude-x",
    "max_tokens": 9,
    "system": [{"type": "text", "text": "x-anthropic-billing-header: 1"}, {"type": "text", "text": "s"}],
    "messages": [
        {"role": "user", "content": "look"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "c", "name": "ls", "input": {"p": "."}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c", "content": "nothing"}]},
    ],
    "tools": TOOLS,
    "thinking": {"type": "adaptive"},
    "future": {"a": 1},
}
STREAM = vendor_stream(
    opened(
        0,
        {"type": "thinking", "thinking": "", "signature": ""},
        {"type": "thinking_delta", "thinking": "wo liegt Köln?"},
        {"type": "signature_delta", "signature": "EuwJ"},
    ),
    opened(
        1,
        {"type": "text", "text": ""},
        {"type": "text_delta", "text": "Größe: "},
        {"type": "text_delta", "text": "1 🙂"},
    ),
    opened(
        2,
        {"type": "tool_use", "id": "c1", "name": "ls", "input": {}},
        {"type": "input_json_delta", "partial_json": '{"p": '},
        {"type": "input_json_delta", "partial_json": '"."}'},
    ),
    stop_reason="tool_use",
)


def recorded(folder: Path, *, status: int = 200, **response: Any) -> None:
    whole = {
        "source": {"kind": "recorded"},
        "protocol": "anthropic-messages",
        "request": {"method": "POST", "host": "vendor.example", "path": "/v1/messages", "body": ASKED},
        "response": {"status": status, "headers": {}, **response},
    }
    (folder / f"{len(list(folder.iterdir()))}.json").write_text(json.dumps(whole))


def checked(folder: Path, reader: Any = None) -> tuple[list[str], list[str]]:
    """Misses, and who each exchange was held against."""
    pairs = our_pairs()
    if reader is not None:
        ours = pairs[Dialect.ANTHROPIC]
        pairs[Dialect.ANTHROPIC] = Pair(reader=reader, server=ours.server, other=ours.other)
    rows = corpus_check.run([folder], pairs).rows
    return [f"{miss.stage}: {miss.reason}" for row in rows for miss in row.misses], [row.source for row in rows]


def test_a_good_exchange_passes_every_stage(tmp_path: Path) -> None:
    recorded(tmp_path, stream=[STREAM.decode()])
    assert checked(tmp_path) == ([], ["SDK accumulator"])


def test_whole_answers_and_errors(tmp_path: Path) -> None:
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-v",
        "content": [{"type": "text", "text": "hi"}],
        "stop_reason": "max_tokens",
        "usage": {"input_tokens": 5, "cache_read_input_tokens": 90, "output_tokens": 9},
    }
    recorded(tmp_path, body=message)
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    recorded(tmp_path, status=529, body=error)
    recorded(tmp_path, stream=[frame("error", **{k: v for k, v in error.items() if k != "type"}).decode()])
    assert checked(tmp_path) == ([], ["SDK types", "SDK exception", "SDK accumulator"])


def test_what_the_sdk_cannot_read_is_held_against_the_tolerant_reader(tmp_path: Path) -> None:
    recorded(tmp_path, stream=[(STREAM + b"event: data\ndata: [DONE]\n\n").decode()])
    found, (source,) = checked(tmp_path)
    assert found == []
    assert source.startswith("tolerant reader (SDK:")


class LosesPieces(AnthropicClient):
    """A client that loses what some deltas said."""

    def __init__(self, lost: type) -> None:
        super().__init__()
        self._lost = lost

    def open_stream(self, call: UpstreamCall) -> Any:
        return _Losing(call, self._lost)


class _Losing(AnthropicDecoder):
    def __init__(self, call: UpstreamCall, lost: type) -> None:
        super().__init__(call.context)
        self._lost = lost

    def feed(self, chunk: bytes) -> list[Step]:
        return [self._spoilt(step) for step in super().feed(chunk)]

    def _spoilt(self, step: Step) -> Step:
        ended = [
            msgspec.structs.replace(event, arguments="{}")
            if isinstance(event, ev.ToolCallEnded) and self._lost is ev.ToolCallDelta
            else event
            for event in step.events
        ]
        return Step(None, tuple(event for event in ended if not isinstance(event, self._lost)))


@pytest.mark.parametrize(
    ("lost", "told"),
    [
        (ev.TextDelta, "stream: text: expected"),
        (ev.ToolCallDelta, "decode: tool call 0 arguments: expected"),
        (ev.UsageReported, "decode: usage: expected"),
        (ev.ResponseEnded, "decode: event order: the last event is not ResponseEnded"),
    ],
)
def test_what_is_lost_is_a_miss(tmp_path: Path, lost: type, told: str) -> None:
    recorded(tmp_path, stream=[STREAM.decode()])
    found, _ = checked(tmp_path, LosesPieces(lost))
    assert any(miss.startswith(told) for miss in found)


def captured(folder: Path, body: object = ASKED, path: str = "/v1/messages") -> None:
    told = {"method": "POST", "path": path, "query": "beta=true", "headers": [], "body": body}
    (folder / f"{len(list(folder.iterdir())):03}.json").write_text(json.dumps(told))


def missed(folder: Path, codecs: captures_check.Codecs | None = None) -> list[str]:
    rows = captures_check.run([folder], codecs or captures_check.Codecs()).rows
    return [miss for row in rows for miss in row.misses]


def test_a_request_loses_nothing_on_either_way(tmp_path: Path) -> None:
    captured(tmp_path)
    captured(tmp_path, {**ASKED, "max_tokens": None}, "/v1/messages/count_tokens")
    captured(tmp_path, {**ASKED, "thread": {"type": "create"}})
    findings = captures_check.run([tmp_path], captures_check.Codecs())
    assert missed(tmp_path) == []
    assert [row.built for row in findings.rows] == [True, False, False]
    assert findings.rows[2].redacted is not None


class SpoiltCodex(CodexClient):
    """A builder of calls to the Codex backend that spoils them."""

    def __init__(self, spoiled: str) -> None:
        super().__init__()
        self._spoiled = spoiled

    def build_call(self, request: Request, target: Target) -> UpstreamCall:
        call = super().build_call(request, target)
        body = msgspec.json.decode(zstandard.ZstdDecompressor().decompressobj().decompress(call.body))
        match self._spoiled:
            case "order":
                body["input"].reverse()
            case "system":
                body["instructions"] += "x"
            case "tools":
                body["tools"][0]["name"] = "dir"
            case "strict":
                del body["tools"][0]["strict"]
        return msgspec.structs.replace(call, body=zstandard.compress(msgspec.json.encode(body)))


@pytest.mark.parametrize(
    ("spoiled", "told"),
    [
        ("order", "conversation: part 0 of 3 differs, 3 sent"),
        ("system", "system: the instructions differ"),
        ("tools", "tools: other names"),
        ("strict", "tools: strict was not said for ['ls']"),
    ],
)
def test_what_is_lost_on_the_way_to_the_backend_is_a_miss(tmp_path: Path, spoiled: str, told: str) -> None:
    captured(tmp_path)
    assert missed(tmp_path, captures_check.Codecs(codex=SpoiltCodex(spoiled))) == [told]


class SpoiltVendor(AnthropicClient):
    """A builder of calls to a vendor that forgets a field and a message."""

    def build_call(self, request: Request, target: Target) -> UpstreamCall:
        call = super().build_call(request, target)
        body = msgspec.json.decode(call.body)
        del body["future"], body["messages"][0]
        return msgspec.structs.replace(call, body=msgspec.json.encode(body))


def test_what_a_vendor_is_not_told_is_a_miss(tmp_path: Path) -> None:
    captured(tmp_path)
    spoilt = captures_check.Codecs(anthropic=SpoiltVendor())
    assert missed(tmp_path, spoilt) == ["future: differs", "messages: differ"]
