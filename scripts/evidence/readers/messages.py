"""Anthropic's official SDK as a reader of messages.

Rules of this file: no codec of ours; the SDK talks to a transport in memory and reaches no network.  The beta resource
is asked, which knows every block.
"""

import contextlib
from collections.abc import Iterable
from typing import Any

import anthropic
import httpx2
import msgspec

from codex_proxy.canonical.blocks import JsonObject
from scripts.evidence.readers.answer import COMPLETED, FAILED, Answer, Call, Counts, number
from scripts.evidence.readers.reading import Raised, Reading, Rejected, raised, reading

_ASKED: Any = {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": "x"}]}
_ENDINGS = {
    "end_turn": COMPLETED,
    "tool_use": COMPLETED,
    "stop_sequence": COMPLETED,
    "max_tokens": "incomplete:max_output_tokens",
    "model_context_window_exceeded": "incomplete:max_output_tokens",
    "refusal": "incomplete:content_filter",
    "pause_turn": "incomplete:max_messages",
}
_PLAIN = frozenset({"text", "thinking", "redacted_thinking", "tool_use"})


class MessagesSdk:
    """An SDK client whose every call is answered with the bytes at hand.  Close it at the end."""

    def __init__(self) -> None:
        self._reply = httpx2.Response(200)
        transport = httpx2.MockTransport(lambda _: self._reply)
        self._client = anthropic.Anthropic(
            api_key="none",
            base_url="http://127.0.0.1",
            http_client=httpx2.Client(transport=transport),
            max_retries=0,
        )

    def close(self) -> None:
        """Release the client."""
        self._client.close()

    def read(self, content: bytes, *, streamed: bool) -> Reading:
        """An answer; raises ``Rejected``."""
        told = "text/event-stream" if streamed else "application/json"
        self._reply = httpx2.Response(200, content=content, headers={"content-type": told})
        with reading():
            if streamed:
                return self._stream()
            whole = self._client.beta.messages.create(**_ASKED).to_dict(warnings=False)
        return _reading_of(whole, "SDK types")

    def error_of(self, status: int, content: bytes, headers: Iterable[tuple[str, str]]) -> Raised:
        """The exception that an HTTP error raises; raises ``Rejected`` if it raises none."""
        self._reply = httpx2.Response(status, content=content, headers=list(headers))
        with reading():
            try:
                self._client.beta.messages.create(**_ASKED)
            except anthropic.APIStatusError as error:
                return raised(error, _words_of(error))
        raise Rejected(f"status {status} raises nothing")

    def _stream(self) -> Reading:
        with self._client.beta.messages.stream(**_ASKED) as stream:
            error: str | None = None
            try:
                stream.until_done()
            except anthropic.APIStatusError as fault:
                error = _words_of(fault)
            try:
                whole: Any = stream.current_message_snapshot.to_dict(warnings=False)
            except AssertionError:
                if error is None:
                    raise
                whole = {}
        return _reading_of(whole, "SDK accumulator", error=error)


def read_messages(payloads: list[JsonObject], source: str) -> Reading:
    """The tolerant reading of a message, or of a stream's payloads, for what the SDK cannot read."""
    message: Any = {"content": []}
    error: str | None = None
    for payload in payloads:
        match payload.get("type"):
            case "message":
                message = payload
            case "message_start":
                message = payload["message"]
            case "content_block_start":
                message["content"].append({**payload["content_block"], "pieces": []})
            case "content_block_delta":
                _grow(message["content"][payload["index"]], payload["delta"])
            case "message_delta":
                message |= payload["delta"]
                told = {name: value for name, value in payload["usage"].items() if value is not None}
                message["usage"] = (message.get("usage") or {}) | told
            case "error":
                error = str(payload["error"].get("message"))
    return _reading_of(message, source, error=error)


def _grow(block: JsonObject, delta: JsonObject) -> None:
    for name in ("text", "thinking"):
        if name in delta:
            block[name] += delta[name]
    if "partial_json" in delta:
        block["pieces"].append(delta["partial_json"])
        with contextlib.suppress(msgspec.DecodeError):
            block["input"] = msgspec.json.decode("".join(block["pieces"]))


def _words_of(error: anthropic.APIStatusError) -> str:
    body: Any = error.body
    told = body.get("error") if isinstance(body, dict) else None
    return str(told.get("message")) if isinstance(told, dict) else error.message


def _reading_of(message: Any, source: str, *, error: str | None = None) -> Reading:
    if error is None and not isinstance(message.get("content"), list):
        raise Rejected("no content")
    blocks = [block for block in message.get("content") or [] if isinstance(block, dict)]
    reason = message.get("stop_reason")
    ending = _ENDINGS.get(reason, f"incomplete:{reason}") if isinstance(reason, str) else FAILED
    answer = Answer(
        text="".join(str(block.get("text") or "") for block in blocks if block.get("type") == "text"),
        reasoning=tuple(block["thinking"] for block in blocks if block.get("thinking")),
        calls=tuple(_call(block) for block in blocks if block.get("type") == "tool_use"),
        hosted=tuple(_hosted(blocks)),
        ending=FAILED if error is not None else ending,
        usage=_counts(message.get("usage")),
        error=error,
    )
    finish = reason if isinstance(reason, str) else None
    return Reading(answer=answer, source=source, output=tuple(blocks), finish=finish)


def _call(block: JsonObject) -> Call:
    arguments = msgspec.json.encode(block.get("input") or {}).decode()
    return Call(call_id=block.get("id"), name=str(block.get("name")), arguments=arguments)


def _hosted(blocks: list[JsonObject]) -> Iterable[str]:
    """Kinds of hosted items; a search and its result are one."""
    searches = {block.get("id") for block in blocks if block.get("name") == "web_search"}
    for block in blocks:
        kind = str(block.get("type"))
        if kind == "server_tool_use" and block.get("id") in searches:
            yield "web_search_call"
        elif kind not in _PLAIN and not (kind == "web_search_tool_result" and block.get("tool_use_id") in searches):
            yield kind


def _counts(usage: object) -> Counts | None:
    if not isinstance(usage, dict):
        return None
    cached = number(usage, "cache_read_input_tokens")
    return Counts(
        input=number(usage, "input_tokens") + cached + number(usage, "cache_creation_input_tokens"),
        cached=cached,
        output=number(usage, "output_tokens"),
        reasoning=number(usage.get("output_tokens_details"), "thinking_tokens"),
    )
