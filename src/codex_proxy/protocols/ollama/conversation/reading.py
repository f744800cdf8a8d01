"""Ollama messages as turns: one message, one turn, in order.

Rules of this file: every call gets an id where the client sent none, and every result names one.  Clients send a
tool's name with its result, or nothing: a result answers the oldest unanswered call of its name, else the oldest.
Source: Ollama API reference; requests of ollama-python 0.6.3, LangChain, LlamaIndex and LiteLLM.
"""

import re
from collections.abc import Callable
from typing import Any, Final

from codex_proxy.canonical.blocks import (
    Block,
    DataSource,
    Image,
    JsonObject,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    UrlSource,
)
from codex_proxy.canonical.notes import Note, Verdict
from codex_proxy.canonical.request import Role, Turn
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.parts.asking.nested import kept_within
from codex_proxy.protocols.parts.fields import Fields, each_object, json_type
from codex_proxy.protocols.parts.json_text import encode
from codex_proxy.protocols.parts.media import sniff, split_data_url

_BASE64: Final = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_URL_SAFE: Final = str.maketrans("-_", "+/")
_SPACE: Final = re.compile(r"\s+")
_LINKS: Final = ("http://", "https://")
_DEFAULT_MEDIA_TYPE: Final = "image/png"
_UNTOLD_MEDIA_TYPES: Final = frozenset({"", "application/octet-stream"})


def parse_messages(messages: list[Any], path: str) -> tuple[tuple[Turn, ...], tuple[Note, ...]]:
    """The conversation, and what was changed about it.

    Raises:
        InvalidRequest: no message, or one of the wrong shape.
    """
    if not messages:
        raise InvalidRequest(path, "messages must not be empty", code="empty_array")
    reader = _Reader()
    turns = [turn for message in each_object(messages, path) if (turn := reader.read(message)) is not None]
    return tuple(turns), tuple(reader.notes)


def parse_images(holder: Fields, notes: list[Note]) -> list[Image]:
    """``images`` of a message or a prompt: base64, a data URL or a link each.

    Raises:
        InvalidRequest: one of them is none of these.
    """
    path = holder.at("images")
    images = holder.take_list("images") or []
    return [_image(value, f"{path}[{index}]", notes) for index, value in enumerate(images)]


class _Reader:
    def __init__(self) -> None:
        self.notes: list[Note] = []
        self._unanswered: list[tuple[str, str]] = []  # (call id, name)
        self._made_count = 0

    def read(self, message: Fields) -> Turn | None:
        role = message.take_string("role")
        if role is None:
            raise InvalidRequest(message.at("role"), "is required")
        read = _READERS.get(role)
        if read is None:
            known = ", ".join(_READERS)
            raise InvalidRequest(message.at("role"), f"unknown role {role!r}; one of {known}", code="invalid_value")
        return read(self, message, Role(role))

    def read_instructions(self, message: Fields, role: Role) -> Turn | None:
        text = message.take_string("content")
        return Turn(role=role, blocks=(Text(text=text),), extra=_told(message)) if text else None

    def read_user(self, message: Fields, role: Role) -> Turn:
        text = message.take_string("content") or ""
        images = parse_images(message, self.notes)
        blocks: list[Block] = [Text(text=text)] if text or not images else []
        return Turn(role=role, blocks=(*blocks, *images), extra=_told(message))

    def read_assistant(self, message: Fields, role: Role) -> Turn | None:
        blocks: list[Block] = []
        thoughts, text = message.take_string("thinking"), message.take_string("content")
        if thoughts:
            blocks.append(Thinking(summary=(thoughts,)))
        if text:
            blocks.append(Text(text=text))
        blocks += parse_images(message, self.notes)
        calls = message.take_list("tool_calls") or []
        blocks += [self._call(call) for call in each_object(calls, message.at("tool_calls"))]
        return Turn(role=role, blocks=tuple(blocks), extra=_told(message)) if blocks else None

    def read_tool(self, message: Fields, role: Role) -> Turn:
        name = message.take_string("tool_name") or message.take_string("name")
        call_id = message.take_string("tool_call_id") or self._answered_by(name, message.path)
        self._unanswered = [waiting for waiting in self._unanswered if waiting[0] != call_id]
        text = message.take_string("content") or ""
        images = parse_images(message, self.notes)
        texts = (Text(text=text),) if text or not images else ()
        result = ToolResult(call_id=call_id, parts=(*texts, *images), plain=not images, name=name)
        return Turn(role=role, blocks=(result,), extra=_told(message))

    def _call(self, call: Fields) -> ToolCall:
        function = call.take_fields("function")
        if function is None:
            raise InvalidRequest(call.at("function"), "is required")
        name = function.need_string("name")
        call_id = call.take_string("id") or self._made_id()
        call.take("type")
        self._unanswered.append((call_id, name))
        arguments = _arguments(function)
        function.take("index")
        extra = _told(call) | kept_within("function", _told(function))
        return ToolCall(call_id=call_id, name=name, arguments=arguments, extra=extra)

    def _answered_by(self, name: str | None, path: str) -> str:
        """The id of the call that a result without id answers; a new one, which pairing makes a message of."""
        named = [call_id for call_id, called in self._unanswered if called == name]
        waiting = named or [call_id for call_id, _ in self._unanswered]
        if not waiting:
            self._note(path, Verdict.REPAIRED, "answers no call before it")
            return self._made_id()
        if not named:
            self._note(path, Verdict.REPAIRED, "paired with the oldest unanswered call")
        return waiting[0]

    def _made_id(self) -> str:
        self._made_count += 1
        return f"call_o{self._made_count}"

    def _note(self, path: str, verdict: Verdict, detail: str) -> None:
        self.notes.append(Note(path=path, verdict=verdict, detail=detail))


_READERS: Final[dict[str, Callable[[_Reader, Fields, Role], Turn | None]]] = {
    "system": _Reader.read_instructions,
    "developer": _Reader.read_instructions,
    "user": _Reader.read_user,
    "assistant": _Reader.read_assistant,
    "tool": _Reader.read_tool,
}


def _told(message: Fields) -> JsonObject:
    """Members without a meaning here; some SDKs send every unset member as null, or as an empty list."""
    return {name: value for name, value in message.rest().items() if value is not None and value not in ("", [])}


def _arguments(function: Fields) -> str:
    """Arguments as JSON text; an object by the reference, also text, null or nothing by some clients."""
    arguments = function.take("arguments")
    match arguments:
        case None | "":
            return "{}"
        case str():
            return arguments
        case dict():
            return encode(arguments).decode()
    raise function.wrong("arguments", "an object", arguments)


def _image(value: Any, path: str, notes: list[Note]) -> Image:
    if not isinstance(value, str):
        raise InvalidRequest(path, f"expected base64 text, got {json_type(value)}", code="invalid_type")
    if value.startswith(_LINKS):
        return Image(source=UrlSource(url=value))
    declared, data = split_data_url(value) or ("", value)
    data = _standard(data, path)
    media_type = sniff(data) or declared
    if media_type in _UNTOLD_MEDIA_TYPES:
        media_type = _DEFAULT_MEDIA_TYPE
        detail = f"the bytes name no picture format; sent as {media_type}"
        notes.append(Note(path=path, verdict=Verdict.APPROXIMATED, detail=detail))
    return Image(source=DataSource(media_type=media_type, data=data))


def _standard(data: str, path: str) -> str:
    """Base64 in the standard alphabet, padded and without line breaks."""
    packed = _SPACE.sub("", data).translate(_URL_SAFE).rstrip("=")
    padded = packed + "=" * (-len(packed) % 4)
    if len(packed) % 4 == 1 or _BASE64.fullmatch(padded) is None:
        raise InvalidRequest(path, "is no base64", code="invalid_value")
    return padded
