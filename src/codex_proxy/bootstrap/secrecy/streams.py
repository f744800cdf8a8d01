"""Secrets that an answer tells piece by piece: no frame of a stream holds one, and together they do.

Rules of this file: pure; the texts of deltas are laid side by side in the order of their frames, one row for each kind
of member; where a secret stands in a row, the pieces that hold a part of it are blotted out.  What is no stream of JSON
frames stays as it is.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from codex_proxy.bootstrap.redaction import REDACTED
from codex_proxy.bootstrap.secrecy.known import Span

_FRAME: Final = re.compile(r"^(data: ?|)(\{.*\})\s*$", re.MULTILINE)
_PIECES: Final = frozenset({"delta", "text", "content", "arguments", "partial_json", "thinking", "response"})
_DEPTH: Final = 8

Place = tuple[int, tuple[Any, ...]]


def redact_deltas(text: str, spans_of: Callable[[str], Sequence[Span]]) -> str:
    """``text`` without the secrets that go through several of its frames."""
    frames = list(_FRAME.finditer(text)) if text.count("\n") > 1 else []
    if len(frames) < 2:
        return text
    rows: dict[str, list[tuple[Place, str]]] = defaultdict(list)
    told: list[Any] = []
    for number, frame in enumerate(frames):
        told.append(_decoded(frame.group(2)))
        _collect(told[-1], (number, ()), rows)
    touched = {place for row in rows.values() for place in _touched(row, spans_of)}
    if not touched:
        return text
    for number, path in touched:
        _set(told[number], path)
    return _put_back(text, frames, told, {number for number, _ in touched})


def _decoded(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def _collect(value: Any, place: Place, rows: dict[str, list[tuple[Place, str]]]) -> None:
    number, path = place
    if len(path) > _DEPTH:
        return
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        here = (number, (*path, name))
        if isinstance(member, str) and name in _PIECES:
            rows[str(name)].append((here, member))
        elif isinstance(member, dict | list):
            _collect(member, here, rows)


def _touched(row: list[tuple[Place, str]], spans_of: Callable[[str], Sequence[Span]]) -> list[Place]:
    """The pieces that hold a part of a secret."""
    spans = spans_of("".join(piece for _, piece in row))
    at = 0
    found: list[Place] = []
    for place, piece in row if spans else ():
        if any(start < at + len(piece) and at < end for start, end in spans):
            found.append(place)
        at += len(piece)
    return found


def _set(value: Any, path: tuple[Any, ...]) -> None:
    for name in path[:-1]:
        value = value[name]
    value[path[-1]] = REDACTED


def _put_back(text: str, frames: list[re.Match[str]], told: list[Any], changed: set[int]) -> str:
    pieces: list[str] = []
    at = 0
    for number in sorted(changed):
        start, end = frames[number].span(2)
        pieces += (text[at:start], msgspec.json.encode(told[number]).decode())
        at = end
    return "".join([*pieces, text[at:]])
