"""Two texts as lines that a person can read, and the place where they part.

Rules of this file: pure, and linear in the texts' length, which may be megabytes; what is shown is bounded.
"""

from typing import Final

import msgspec

MOST_LINES: Final = 8
"""Lines shown of each side."""
MOST_CHARACTERS: Final = 240
"""Characters shown of a line, around the place where it parts."""
_BEFORE: Final = 2
_DATA: Final = "data:"


class Parting(msgspec.Struct, frozen=True, kw_only=True):
    """Where two texts part: the first line of each there, and the lines around it, marked as in a patch."""

    then: str
    now: str
    lines: tuple[str, ...]


def readable(text: str) -> list[str]:
    """The lines of a text, of JSON a member each, also where that is a stream's data."""
    stripped = text.strip()
    whole = _formatted(stripped)
    if whole is not None:
        return whole
    return [line for told in stripped.splitlines() for line in _lines_of(told)]


def where_they_part(then: list[str], now: list[str]) -> Parting:
    """The first place where the lines differ; equal lines at the end are not shown."""
    start = _alike_count(then, now)
    end = _alike_count(then[start:][::-1], now[start:][::-1])
    gone, come = then[start : len(then) - end], now[start : len(now) - end]
    at = _alike_count(gone[0], come[0]) if gone and come else 0
    context = [f"  {line[:MOST_CHARACTERS]}" for line in then[max(0, start - _BEFORE) : start]]
    lines = (*context, *_marked("-", gone, at), *_marked("+", come, at))
    return Parting(then=_around(gone[0], at) if gone else "", now=_around(come[0], at) if come else "", lines=lines)


def _lines_of(line: str) -> list[str]:
    if not line.startswith(_DATA):
        return [line]
    told = _formatted(line.removeprefix(_DATA).strip())
    return [line] if told is None else [_DATA, *told]


def _formatted(text: str) -> list[str] | None:
    if not text.startswith(("{", "[")):
        return None
    try:
        return msgspec.json.format(text).splitlines()
    except (msgspec.DecodeError, RecursionError):
        return None


def _alike_count(one: list[str] | str, other: list[str] | str) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (left, right) in pairs if left != right), min(len(one), len(other)))


def _marked(mark: str, lines: list[str], at: int) -> list[str]:
    shown = [f"{mark} {_around(line, at if number == 0 else 0)}" for number, line in enumerate(lines[:MOST_LINES])]
    left_count = len(lines) - len(shown)
    return [*shown, f"{mark} … and {left_count} lines more"] if left_count else shown


def _around(line: str, at: int) -> str:
    """The part of a line around a place in it."""
    if len(line) <= MOST_CHARACTERS:
        return line
    start = max(0, at - MOST_CHARACTERS // 2)
    cut = line[start : start + MOST_CHARACTERS]
    return f"{'…' if start else ''}{cut}{'…' if start + MOST_CHARACTERS < len(line) else ''}"
