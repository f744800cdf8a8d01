"""Arguments of a call that a vendor streams member by member, put together again.

Rules of this file: total; a path that cannot be followed is read over.  A piece names its place by a JSONPath of member
names and list places; pieces of one string are joined.  Source: recorded streams of Gemini 3 on Vertex.
"""

import itertools
import re
from typing import Any, Final

from codex_proxy.canonical.blocks import JsonObject

_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[(\d{1,4})\]|\['((?:[^'\\]|\\.)*)'\]|\[\"((?:[^\"\\]|\\.)*)\"\]")
_MAX_STEPS: Final = 64
_VALUES: Final = ("stringValue", "numberValue", "boolValue")


class PartialArgs:
    """The arguments so far."""

    __slots__ = ("args",)

    def __init__(self, args: JsonObject) -> None:
        self.args = args

    def add(self, pieces: Any) -> None:
        """Take the ``partialArgs`` of one chunk."""
        for piece in pieces if isinstance(pieces, list) else ():
            steps = _steps(piece.get("jsonPath")) if isinstance(piece, dict) else []
            if steps:
                _put(self.args, steps, piece)


def _steps(path: Any) -> list[str | int]:
    if not isinstance(path, str) or not path.startswith("$"):
        return []
    steps: list[str | int] = []
    place = 1
    while place < len(path) and len(steps) < _MAX_STEPS:
        found = _STEP.match(path, place)
        if found is None:
            return []
        name, index, *quoted = found.groups()
        steps.append(int(index) if index is not None else name or next(filter(None, quoted), ""))
        place = found.end()
    return steps


def _put(holder: Any, steps: list[str | int], piece: JsonObject) -> None:
    for step, following in itertools.pairwise(steps):
        inner = _get(holder, step)
        if not isinstance(inner, dict | list):
            inner = [] if isinstance(following, int) else {}
            if not _set(holder, step, inner):
                return
        holder = inner
    last = steps[-1]
    value = _value(piece)
    before = _get(holder, last)
    if isinstance(value, str) and isinstance(before, str):
        value = before + value
    _set(holder, last, value)


def _value(piece: JsonObject) -> Any:
    for name in _VALUES:
        if name in piece:
            value = piece[name]
            whole = isinstance(value, float) and value.is_integer() and abs(value) < 2**53
            return int(value) if whole else value
    return None


def _get(holder: Any, step: str | int) -> Any:
    if isinstance(holder, dict):
        return holder.get(step)
    return holder[step] if isinstance(holder, list) and isinstance(step, int) and step < len(holder) else None


def _set(holder: Any, step: str | int, value: Any) -> bool:
    """Whether the place could be filled: any member of an object, a list's next place or one it has."""
    has_place = isinstance(holder, list) and isinstance(step, int) and step < len(holder)
    if has_place or (isinstance(holder, dict) and isinstance(step, str)):
        holder[step] = value
    elif isinstance(holder, list) and step == len(holder):
        holder.append(value)
    else:
        return False
    return True
