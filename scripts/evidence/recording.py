"""Recorded exchanges, read from files that nobody here may have seen.

Rules of this file: total; a file that is no exchange gives a ``NotAnExchange`` with the reason, never an exception.
What the recorder kept is not repaired here.  Shape: ``{"source", "protocol", "request", "response"}``, where the
response has a ``status`` and either ``body`` (JSON, text or null) or ``stream`` (a list of raw text).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.request import Dialect

PROTOCOLS = {
    "openai-chat": Dialect.OPENAI_CHAT,
    "openai-responses": Dialect.OPENAI_RESPONSES,
    "codex-backend": Dialect.CODEX,
    "gemini": Dialect.GEMINI,
    "ollama": Dialect.OLLAMA,
    "anthropic-messages": Dialect.ANTHROPIC,
}
_ANSWER_PATHS = {
    Dialect.OPENAI_CHAT: re.compile(r"/chat/completions$"),
    Dialect.OPENAI_RESPONSES: re.compile(r"/responses(/resp_[^/]+)?$"),
    Dialect.CODEX: re.compile(r"/codex/responses$"),
    Dialect.GEMINI: re.compile(r":(generateContent|streamGenerateContent)$"),
    Dialect.ANTHROPIC: re.compile(r"/messages$"),
    Dialect.OLLAMA: re.compile(r"/api/(chat|generate)$"),
}


class Form(StrEnum):
    """How an exchange was answered."""

    STREAM = "stream"
    WHOLE = "json"
    ERROR = "error"
    HEADERS = "headers only"
    OTHER = "no answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One exchange.  ``raw`` are the reply's bytes, ``headers`` its headers in lower case, ``request`` as recorded."""

    path: Path
    dialect: Dialect
    form: Form
    status: int
    headers: dict[str, str]
    raw: bytes
    request: JsonObject

    @property
    def stem(self) -> str:
        """The file's name without its ending."""
        return self.path.stem

    @property
    def asked(self) -> JsonObject | None:
        """The request's body, if it was recorded as an object."""
        body = self.request.get("body")
        return body if isinstance(body, dict) else None

    @property
    def endpoint(self) -> str:
        """Method and path, without the query."""
        return f"{self.request.get('method', '?')} {str(self.request.get('path', '?')).split('?')[0]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAnExchange:
    """A file that cannot be checked, and why."""

    path: Path
    reason: str


Read: TypeAlias = Recording | NotAnExchange


def read_all(folders: Sequence[Path]) -> Iterator[Read]:
    """Every JSON file below the folders, in order of path."""
    for folder in folders:
        if folder.is_file():
            yield read(folder)
            continue
        for path in sorted(folder.rglob("*.json")):
            yield read(path)


def read(path: Path) -> Read:
    """One file."""
    try:
        value = msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError, UnicodeError, RecursionError) as error:
        return NotAnExchange(path=path, reason=f"cannot be read: {error}")
    if not isinstance(value, dict) or not isinstance(value.get("response"), dict):
        return NotAnExchange(path=path, reason="holds no recorded response")
    dialect = _dialect_of(path, value)
    if dialect is None:
        return NotAnExchange(path=path, reason=f"protocol {value.get('protocol', path.parent.name)!r} is not checked")
    status = value["response"].get("status")
    if not isinstance(status, int):
        return NotAnExchange(path=path, reason="the response has no status")
    request = value.get("request")
    return _recording(path, dialect, value["response"], request if isinstance(request, dict) else {})


def header_map(value: object) -> dict[str, str]:
    """Headers, recorded as an object or as pairs, with lower-case names; pseudo headers of HTTP/2 are left out."""
    pairs: list[Any] = list(value.items()) if isinstance(value, dict) else value if isinstance(value, list) else []
    found: dict[str, str] = {}
    for pair in pairs:
        if isinstance(pair, list | tuple) and len(pair) == 2 and not str(pair[0]).startswith(":"):
            told = pair[1]
            found[str(pair[0]).lower()] = str(told[0] if isinstance(told, list) and told else told)
    return found


def _dialect_of(path: Path, value: JsonObject) -> Dialect | None:
    named = PROTOCOLS.get(str(value.get("protocol")))
    return named or next((PROTOCOLS[part] for part in reversed(path.parts) if part in PROTOCOLS), None)


def _recording(path: Path, dialect: Dialect, response: JsonObject, request: JsonObject) -> Recording:
    raw, form = _reply(response)
    place = str(request.get("path", "")).split("?")[0]
    if form is Form.WHOLE and place and not _ANSWER_PATHS[dialect].search(place):
        form = Form.OTHER
    return Recording(
        path=path,
        dialect=dialect,
        form=form,
        status=response["status"],
        headers=header_map(response.get("headers")),
        raw=raw,
        request=request,
    )


def _reply(response: JsonObject) -> tuple[bytes, Form]:
    stream, body = response.get("stream"), response.get("body")
    if isinstance(stream, list):
        text = "".join(piece for piece in stream if isinstance(piece, str)).encode("utf-8", "surrogatepass")
        return text, Form.STREAM if response["status"] < 400 else Form.ERROR
    if body is None:
        return b"", Form.HEADERS
    raw = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else msgspec.json.encode(body)
    return raw, Form.ERROR if response["status"] >= 400 else Form.WHOLE
