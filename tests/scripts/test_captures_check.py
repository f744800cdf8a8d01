import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zstandard

from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.fold import Response
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.canonical.target import Target
from codex_proxy.protocols.base import AnswerIds, InvalidRequest, ParsedRequest, ServerStream, UpstreamCall, WireReply
from codex_proxy.protocols.codex.client import CodexClient
from codex_proxy.protocols.openai_chat.server import ChatServer
from scripts.captures_check import Codecs, Findings, run, show

SHARED = Path(__file__).parents[3] / "shared"
FOLDERS = [
    SHARED / "captures" / name
    for name in (
        "openai-python",
        "openai-node",
        "codex-cli",
        "codex-cli-as-gateway-client",
        "codex-backend",
        "opencode",
        "aider",
        "claude-code",
        "anthropic-python",
        "anthropic-ts",
    )
]

CODEX = [["user-agent", "codex_exec/0.169.0 (Debian 12.0.0; x86_64)"], [":path", "/responses"]]
ASKED: dict[str, Any] = {
    "model": "gpt-5.5",
    "stream": True,
    "store": False,
    "input": [
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "look"}], "novelty": {"a": 1}},
        {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "ls", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "call_1", "output": "nothing"},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "again"}]},
    ],
    "tools": [{"type": "function", "name": "ls", "parameters": {"type": "object", "properties": {}}, "strict": False}],
    "tool_choice": "auto",
    "parallel_tool_calls": True,
    "include": ["reasoning.encrypted_content"],
}


def capture(folder: Path, body: object, *, path: str = "/v1/responses", headers: object = None) -> None:
    """A captured request, in the form with pairs for headers."""
    told = {"method": "POST" if body else "GET", "path": path, "query": "", "headers": headers or [], "body": body}
    (folder / f"{len(list(folder.iterdir())):03}.json").write_text(json.dumps(told))


def misses(findings: Findings) -> list[str]:
    return [miss for row in findings.rows for miss in row.misses]


class Losing:
    """A codex client that spoils the body it builds."""

    def __init__(self, spoiled: str) -> None:
        self._spoiled = spoiled

    def build_call(self, request: Request, target: Target) -> UpstreamCall:
        call = CodexClient().build_call(request, target)
        body = msgspec.json.decode(zstandard.ZstdDecompressor().decompressobj().decompress(call.body))
        match self._spoiled:
            case "item":
                del body["input"][-1]
            case "member":
                del body["input"][0]["novelty"]
            case "order":
                body["input"][1:3] = reversed(body["input"][1:3])
            case "tools":
                body["tools"][0]["name"] = "dir"
        packed = zstandard.ZstdCompressor().compress(msgspec.json.encode(body))
        return msgspec.structs.replace(call, body=packed)


class Refusing:
    """A chat parser that refuses a field that clients may send."""

    dialect = Dialect.OPENAI_CHAT

    def parse_request(self, body: bytes, *, headers: Mapping[str, str]) -> ParsedRequest:
        raise InvalidRequest("messages[0].content", "is odd")

    def open_stream(self, request: Request, ids: AnswerIds) -> ServerStream:
        return ChatServer().open_stream(request, ids)

    def encode_response(self, request: Request, response: Response, ids: AnswerIds) -> WireReply:
        return ChatServer().encode_response(request, response, ids)

    def encode_failure(self, failure: Failure, *, request_id: str, request: Request | None = None) -> WireReply:
        return ChatServer().encode_failure(failure, request_id=request_id)


@pytest.mark.parametrize("headers", [CODEX, {"User-Agent": ["SDK/1.0"]}], ids=["codex client", "other client"])
def test_a_responses_request_keeps_its_items(tmp_path: Path, headers: object) -> None:
    capture(tmp_path, ASKED, headers=headers)
    findings = run([tmp_path], Codecs())
    assert misses(findings) == []
    assert [row.built for row in findings.rows] == [True]


@pytest.mark.parametrize(
    ("spoiled", "told"),
    [
        ("item", "items: expected 4, sent 3"),
        ("member", "input[0] (message): .novelty expected {'a': 1}, sent '(absent)'"),
        ("order", "input[1] (function_call): .type expected 'function_call', sent 'function_call_output'"),
        ("tools", "tools: [0].name expected 'ls', sent 'dir'"),
    ],
)
def test_what_is_lost_on_the_way_to_the_backend_is_a_miss(tmp_path: Path, spoiled: str, told: str) -> None:
    capture(tmp_path, ASKED, headers=CODEX)
    assert told in misses(run([tmp_path], Codecs(codex=Losing(spoiled))))


def test_a_refused_request_is_a_miss_unless_a_filler_is_at_fault(tmp_path: Path) -> None:
    for text in ("hello", "«622 chars sha256:e3f227022917»"):
        capture(tmp_path, {"model": "m", "messages": [{"role": "user", "content": text}]}, path="/v1/chat/completions")
    refused, redacted = run([tmp_path], Codecs(chat=Refusing())).rows
    assert refused.misses == ["refused: messages[0].content: is odd"]
    assert (redacted.misses, redacted.redacted) == ([], "messages[0].content: is odd")


def test_a_chat_path_with_a_responses_body_is_parsed_as_what_it_is(tmp_path: Path) -> None:
    capture(tmp_path, ASKED, path="/v1/chat/completions")
    findings = run([tmp_path], Codecs(chat=Refusing()))
    assert misses(findings) == []
    assert findings.rows[0].built


def test_what_we_do_not_parse_is_listed_with_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capture(tmp_path, ASKED)
    capture(tmp_path, {"model": "m"}, path="/v1/messages/batches")
    capture(tmp_path, {"grant_type": "x"}, path="/oauth/token")
    capture(tmp_path, None, path="/backend-api/codex/models")
    capture(tmp_path, None, path="/backend-api/codex/responses", headers=[["Upgrade", "websocket"]])
    (tmp_path / "notes.txt").write_text("none")
    (tmp_path / "odd.json").write_text('{"status": 200}')
    show(run([tmp_path], Codecs()))
    printed = capsys.readouterr().out
    for line in (
        "not parsed (1): out of scope: POST /v1/messages/batches",
        "not parsed (1): out of scope: POST /oauth/token",
        "not parsed (1): no body to parse: GET /backend-api/codex/models",
        "not parsed (1): out of scope: WebSocket: GET /backend-api/codex/responses",
        "a .txt file",
        "holds no request (status)",
    ):
        assert line in printed


def test_lossy_notes_are_counted_and_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capture(tmp_path, {**ASKED, "temperature": 0.5})
    show(run([tmp_path], Codecs()))
    assert "note, 1 times: cosmetic dropped: temperature" in capsys.readouterr().out


@pytest.mark.recordings
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_captured_requests(folder: Path) -> None:
    if not folder.is_dir():
        pytest.skip("no captured requests: they are kept outside the repository")
    findings = run([folder], Codecs())
    assert findings.rows or findings.skipped
    assert misses(findings) == []
