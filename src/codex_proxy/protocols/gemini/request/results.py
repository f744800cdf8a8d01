"""A ``functionResponse`` as the parts of a tool result.

Rules of this file: a lone string stays the string it is; every other object is its JSON text; pictures and files stay
pictures and files, also those that MCP servers hide in ``content``, since base64 as text would cost a hundred times
the tokens.
"""

from collections.abc import Iterator
from typing import Any, Final

from codex_proxy.canonical.blocks import DataSource, Image, JsonObject, ResultPart, Text
from codex_proxy.protocols.gemini.request.fields import WireFields, each_fields
from codex_proxy.protocols.gemini.request.media import parse_inline, parse_link
from codex_proxy.protocols.parts.json_text import encode

_LONE: Final = frozenset({"output", "result"})
_ERROR_PREFIX: Final = "Error: "
_MCP_MEMBERS: Final = frozenset({"content", "isError", "is_error", "structuredContent", "structured_content"})


def parse_result(answer: WireFields, detail: str | None) -> tuple[tuple[ResultPart, ...], bool]:
    """The parts of the result, and whether it tells an error.

    Raises:
        InvalidRequest: a member of the wrong type, or media that cannot be carried.
    """
    told, parts = answer.take("response"), answer.take_list("parts")
    media = [_parse_media(part, detail) for part in each_fields(parts, answer.at("parts"))] if parts else []
    if isinstance(told, dict) and "content" in told:
        members = {name: value for name, value in told.items() if value is not None or name not in _MCP_MEMBERS}
        lifted = list(_lifted(members))
        if lifted:
            failed = members.get("isError") is True or members.get("is_error") is True
            return (*lifted, *media), failed
    text, failed = _text_of(told)
    return (*([Text(text=text)] if text or not media else []), *media), failed


def _text_of(told: Any) -> tuple[str, bool]:
    if told is None:
        return "", False
    if isinstance(told, str):
        return told, False
    if isinstance(told, dict) and len(told) == 1:
        ((name, value),) = told.items()
        if name in _LONE and isinstance(value, str):
            return value, False
    text = encode(told).decode()
    if not isinstance(told, dict) or not told.get("error"):
        return text, False
    error = told["error"]
    words = error if isinstance(error, str) and len(told) == 1 else text
    return _ERROR_PREFIX + words, True


def _parse_media(part: WireFields, detail: str | None) -> ResultPart:
    blob = part.take_fields("inlineData")
    if blob is not None:
        return parse_inline(blob, detail)
    link = part.take_fields("fileData")
    if link is not None:
        return parse_link(link, detail)
    return Text(text=encode(part.told()).decode())


def _lifted(told: JsonObject) -> Iterator[ResultPart]:
    """The parts of an MCP result that holds a picture; nothing where it is another object, or text only."""
    content = told.get("content")
    if not isinstance(content, list) or not told.keys() <= _MCP_MEMBERS:
        return
    parts = [part for part in content if isinstance(part, dict)]
    pictures = [part for part in parts if part.get("type") == "image" and isinstance(part.get("data"), str)]
    if not pictures or len(parts) != len(content):
        return
    for part in parts:
        if part in pictures:
            media_type = part.get("mimeType", part.get("mime_type"))
            known = media_type if isinstance(media_type, str) else "image/png"
            yield Image(source=DataSource(media_type=known, data=part["data"]))
        elif isinstance(part.get("text"), str):
            yield Text(text=part["text"])
        else:
            yield Text(text=encode(part).decode())
