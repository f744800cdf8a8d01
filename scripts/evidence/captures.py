"""Requests captured from real clients, and which of them are ours to serve.

Rules of this file: total; both forms of capture are read (headers as pairs, body as JSON or text).  Long strings may
stand replaced by a filler such as ``«622 chars sha256:…»``; what only a filler breaks is no miss.
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
from codex_proxy.protocols.openai_chat.request import looks_like_responses
from scripts.evidence.gemini.captured import PATH as GEMINI_PATH
from scripts.evidence.ollama.captured import PATH as OLLAMA_PATH
from scripts.evidence.recording import header_map

FILLER = re.compile(r"«[^»]*»?")
_CHAT = re.compile(r"^(/v1)?/chat/completions$")
_RESPONSES = re.compile(r"^(/v1|/backend-api/codex)?/responses(/compact)?$")
_MESSAGES = re.compile(r"^(/anthropic)?(/v1)?/messages(/count_tokens)?$")
_BODILESS = re.compile(r"^(/v1|/v1beta)?/models$|^/backend-api/codex/(models|responses)$|^/backend-api/wham/")


class Scope(StrEnum):
    """What a captured request is to us."""

    CHAT = "chat"
    GEMINI = "gemini"
    OLLAMA = "ollama"
    RESPONSES = "responses"
    MESSAGES = "messages"
    BODILESS = "no body to parse"
    WEBSOCKET = "out of scope: WebSocket"
    OTHER = "out of scope"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One request.  ``body`` is None where there was none; header names are lower-case."""

    path: Path
    method: str
    target: str
    headers: dict[str, str]
    body: Any

    @property
    def scope(self) -> Scope:
        """Whether, and how, we serve it."""
        if "sec-websocket-key" in self.headers or self.headers.get("upgrade", "").lower() == "websocket":
            return Scope.WEBSOCKET
        if self.method == "POST" and isinstance(self.body, dict):
            if _CHAT.match(self.target):
                return Scope.CHAT
            if _RESPONSES.match(self.target):
                return Scope.RESPONSES
            if _MESSAGES.match(self.target):
                return Scope.MESSAGES
            if GEMINI_PATH.match(self.target):
                return Scope.GEMINI
            if OLLAMA_PATH.match(self.target):
                return Scope.OLLAMA
        if self.method in {"GET", "HEAD"} and self.body is None and _BODILESS.match(self.target):
            return Scope.BODILESS
        return Scope.OTHER

    @property
    def dialect(self) -> Dialect:
        """Who parses it: a chat path with a Responses body is a Responses request."""
        if self.scope is Scope.GEMINI:
            return Dialect.GEMINI
        if self.scope is Scope.OLLAMA:
            return Dialect.OLLAMA
        if self.scope is Scope.CHAT and not looks_like_responses(self.object):
            return Dialect.OPENAI_CHAT
        return Dialect.ANTHROPIC if self.scope is Scope.MESSAGES else Dialect.OPENAI_RESPONSES

    @property
    def object(self) -> JsonObject:
        """The body's members."""
        return self.body if isinstance(self.body, dict) else {}

    def is_redacted(self, place: str) -> bool:
        """Whether the body holds a filler at this place, such as ``messages[2].content``."""
        value: Any = self.body
        for name in re.findall(r"[^.\[\]]+", place):
            if isinstance(value, list) and name.isdigit() and int(name) < len(value):
                value = value[int(name)]
            elif isinstance(value, dict) and name in value:
                value = value[name]
            else:
                return False
        return isinstance(value, str) and FILLER.search(value) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotARequest:
    """A file that holds no captured request."""

    path: Path
    reason: str


Read: TypeAlias = Capture | NotARequest


def read_all(folders: Sequence[Path]) -> Iterator[Read]:
    """Every file below the folders, in order of path."""
    for folder in folders:
        for path in [folder] if folder.is_file() else sorted(folder.rglob("*")):
            if path.is_file():
                yield read(path)


def read(path: Path) -> Read:
    """One file."""
    if path.suffix != ".json":
        return NotARequest(path=path, reason=f"a {path.suffix or 'nameless'} file")
    try:
        value = msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError, UnicodeError, RecursionError) as error:
        return NotARequest(path=path, reason=f"cannot be read: {error}")
    if not isinstance(value, dict) or not isinstance(value.get("method"), str):
        members = ", ".join(sorted(value)) if isinstance(value, dict) else type(value).__name__
        return NotARequest(path=path, reason=f"holds no request ({members[:80]})")
    return Capture(
        path=path,
        method=value["method"].upper(),
        target=str(value.get("path", "")).split("?")[0],
        headers=header_map(value.get("headers")),
        body=value.get("body") or None,
    )
