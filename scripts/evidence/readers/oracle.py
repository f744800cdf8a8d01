"""A tolerant reader of raw recordings, for those that the official SDK cannot read.

Rules of this file: shares nothing with our codecs; it reads plain JSON and knows the vendors' oddities by their
recordings: calls without an index or with a repeated id, content as a list of parts, usage in odd places, final
objects without output.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.request import Dialect
from scripts.evidence.readers.answer import FAILED, Answer, Call, chat_counts, of_response_object, thought_of
from scripts.evidence.readers.messages import read_messages
from scripts.evidence.readers.reading import Reading, Rejected
from scripts.evidence.readers.sdk import ScriptedSdk, chat_ending
from scripts.evidence.recording import Form, Recording

SOURCE = "tolerant reader"
_TERMINALS = ("response.completed", "response.incomplete", "response.failed")


def read(recording: Recording, sdk: ScriptedSdk) -> Reading:
    """What the recording says: the SDK's word, or the tolerant reader's where the SDK has none."""
    streamed = recording.form is Form.STREAM
    try:
        return read_official(recording.dialect, recording.raw, sdk, streamed=streamed)
    except Rejected as rejected:
        reading = read_tolerantly(recording.dialect, recording.raw, streamed=streamed)
        source = f"{SOURCE} (SDK: {rejected})"
        return Reading(answer=reading.answer, source=source, output=reading.output, finish=reading.finish)


def read_official(dialect: Dialect, raw: bytes, sdk: ScriptedSdk, *, streamed: bool) -> Reading:
    """The SDK's reading; raises ``Rejected``."""
    if dialect is Dialect.OPENAI_CHAT:
        return sdk.read_chat(raw, streamed=streamed)
    if dialect is Dialect.ANTHROPIC:
        return sdk.messages.read(raw, streamed=streamed)
    return sdk.read_responses(raw, streamed=streamed)


def read_tolerantly(dialect: Dialect, raw: bytes, *, streamed: bool) -> Reading:
    """The tolerant reading; what makes no sense is read over."""
    payloads = list(_payloads(raw)) if streamed else [value for value in [_json(raw)] if isinstance(value, dict)]
    if not payloads:
        return Reading(answer=Answer(ending=FAILED), source=SOURCE)
    if dialect is Dialect.OPENAI_CHAT:
        return _Chat(terminated=not streamed or b"[DONE]" in raw).read(payloads)
    if dialect is Dialect.ANTHROPIC:
        return read_messages(payloads, SOURCE)
    return _read_responses(payloads, streamed=streamed)


def _payloads(raw: bytes) -> Iterator[JsonObject]:
    for block in re.split(r"\r\n\r\n|\n\n|\r\r", raw.decode("utf-8", "replace")):
        lines = [line[5:].strip() for line in re.split(r"\r\n|\n|\r", block) if line.startswith("data:")]
        value = _json("\n".join(lines).encode())
        if isinstance(value, dict):
            yield value


def _json(raw: bytes) -> Any:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


class _Chat:
    """One chat answer under construction."""

    def __init__(self, *, terminated: bool) -> None:
        self._terminated = terminated
        self._texts: list[str] = []
        self._refusals: list[str] = []
        self._thoughts: list[str] = []
        self._calls: list[JsonObject] = []
        self._finish: Any = None
        self._usage: Any = None
        self._error: str | None = None

    def read(self, payloads: list[JsonObject]) -> Reading:
        for payload in payloads:
            if self._error is None:
                self._take(payload)
        answer = Answer(
            text="".join(self._texts),
            refusal="".join(self._refusals),
            reasoning=("".join(self._thoughts),) if any(self._thoughts) else (),
            calls=tuple(
                Call(call_id=call["id"], name=call["name"], arguments="".join(call["pieces"]), kind=call["kind"])
                for call in self._calls
            ),
            ending=FAILED if self._error is not None else chat_ending(self._finish, terminated=self._terminated),
            usage=chat_counts(self._usage),
            error=self._error,
        )
        return Reading(answer=answer, source=SOURCE, finish=self._finish)

    def _take(self, payload: JsonObject) -> None:
        if payload.get("error"):
            self._error = error_text(payload)
            return
        groq = payload.get("x_groq")
        self._usage = payload.get("usage") or (groq or {}).get("usage") or self._usage
        for choice in payload.get("choices") or []:
            if choice.get("index") in {0, None}:
                self._usage = choice.get("usage") or self._usage
                self._finish = self._finish or choice.get("finish_reason")
                self._message(choice.get("delta") or choice.get("message") or {})

    def _message(self, delta: JsonObject) -> None:
        content = delta.get("content")
        if isinstance(content, list):
            for part in content:
                self._part(part)
        elif content:
            self._texts.append(content)
        self._refusals.append(delta.get("refusal") or "")
        self._thoughts.append(thought_of(delta))
        for call in delta.get("tool_calls") or []:
            self._call(call)
        legacy = delta.get("function_call")
        if legacy and (legacy.get("name") or self._calls):
            self._call({"index": 0, "function": legacy})

    def _part(self, part: Any) -> None:
        if isinstance(part, dict) and part.get("type") == "thinking":
            inner = part.get("thinking")
            self._thoughts.append(
                inner if isinstance(inner, str) else "".join(str(piece.get("text") or "") for piece in inner or [])
            )
        elif isinstance(part, dict):
            self._texts.append(part.get("text") or "")

    def _call(self, piece: JsonObject) -> None:
        kind = "custom" if "custom" in piece else "function"
        inner = piece.get(kind) or {}
        call = self._of(piece)
        if call is None:
            call = {"index": piece.get("index"), "id": piece.get("id"), "name": "", "pieces": [], "kind": kind}
            self._calls.append(call)
        call["name"] = call["name"] or inner.get("name") or ""
        told = inner.get("arguments") if kind == "function" else inner.get("input")
        call["pieces"].append(told if isinstance(told, str) else "" if told is None else _dump(told))

    def _of(self, piece: JsonObject) -> JsonObject | None:
        """The call this piece continues: same index and no other id; without an index the last, if it has no id."""
        index, call_id = piece.get("index"), piece.get("id")
        for call in reversed(self._calls):
            same_index = call["index"] == index
            if same_index and (not call_id or call["id"] == call_id):
                return call
        return None


def error_text(payload: JsonObject) -> str:
    """The words of an error object, in any of the shapes seen."""
    error = payload.get("error", payload.get("detail", payload))
    if isinstance(error, dict):
        error = error.get("message") or error.get("msg") or error.get("detail") or error.get("code") or ""
    return str(error)


def _read_responses(payloads: list[JsonObject], *, streamed: bool) -> Reading:
    if not streamed:
        final: JsonObject = payloads[0]
        items = [item for item in final.get("output") or [] if isinstance(item, dict)]
        return Reading(answer=of_response_object(final, items), source=SOURCE, output=tuple(items))
    final = {"status": FAILED, "error": {"message": ""}}
    done: dict[Any, JsonObject] = {}
    for payload in payloads:
        kind = payload.get("type")
        if kind == "response.output_item.done" and isinstance(payload.get("item"), dict):
            done[payload.get("output_index")] = payload["item"]
        elif kind in _TERMINALS and isinstance(payload.get("response"), dict):
            final = payload["response"]
        elif kind == "error":
            final = {"status": FAILED, "error": {"message": error_text(payload)}}
    items = [item for item in final.get("output") or [] if isinstance(item, dict)] or list(done.values())
    return Reading(answer=of_response_object(final, items), source=SOURCE, output=tuple(items))


def _dump(value: Any) -> str:
    return msgspec.json.encode(value).decode()
