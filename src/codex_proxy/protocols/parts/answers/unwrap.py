"""Answers to a schema whose root is no object: asked for inside ``{"value": ...}``, and taken out of it again.

Rules of this file: pure and incremental; text that does not begin as the wrapper does passes unchanged, and so does
what came of a wrapper that breaks off before its value.
"""

import re
from typing import Final

from codex_proxy.canonical.blocks import JsonObject

WRAPPER_KEY: Final = "value"

_SHARED: Final = ("$defs", "definitions")
_STRUCTURE: Final = re.compile(r'["\[\]{}]')
_STRING_END: Final = re.compile(r'[^"\\]*"|[^"\\]*\\')
_SCALAR_END: Final = re.compile(r"[\s,}\]]")
_SPACE: Final = " \t\r\n"


def needs_wrapping(schema: JsonObject) -> bool:
    """Whether the root is anything but a plain object."""
    return schema.get("type") != "object" or "anyOf" in schema


def wrap_schema(schema: JsonObject) -> JsonObject:
    """An object with the schema as its one member; shared definitions stay at the root, where references look."""
    inner = {name: value for name, value in schema.items() if name not in _SHARED}
    shared = {name: value for name, value in schema.items() if name in _SHARED}
    return {
        "type": "object",
        "properties": {WRAPPER_KEY: inner},
        "required": [WRAPPER_KEY],
        "additionalProperties": False,
        **shared,
    }


class Unwrapper:
    """The text of one block, piece by piece; implements ``TextRewriter``."""

    __slots__ = ("_depth", "_escaped", "_held", "_over", "_plain", "_quoted", "_scalar", "_started", "_wrapper")

    def __init__(self, key: str) -> None:
        self._wrapper = ("{", f'"{key}"', ":")
        self._held = ""
        self._started = False
        self._plain = False
        self._over = False
        self._depth = 0
        self._quoted = False
        self._escaped = False
        self._scalar = False

    def feed(self, text: str) -> str:
        """What of the value has come."""
        if self._started:
            return self._value(text)
        self._held += text
        found = _after_wrapper(self._held, self._wrapper)
        if found is None:
            return ""
        value, self._held = self._held[max(0, found) :], ""
        self._started, self._plain = True, found < 0
        self._scalar = value[0] not in '"[{'
        return self._value(value)

    def end(self) -> str:
        """What was held of a wrapper that never came to its value."""
        held, self._held = self._held, ""
        return held

    def _value(self, text: str) -> str:
        if self._plain:
            return text
        if self._over:
            return ""
        end = _scalar_end(text) if self._scalar else self._container_end(text)
        self._over = end is not None
        return text[:end]

    def _container_end(self, text: str) -> int | None:
        """Where the value ends in this piece; None where it goes on."""
        place = 0
        while place < len(text):
            if self._quoted:
                place = self._skip_string(text, place)
            else:
                found = _STRUCTURE.search(text, place)
                if found is None:
                    return None
                place = found.end()
                self._count(found.group())
            if self._depth == 0 and not self._quoted and place:
                return place
        return None

    def _count(self, mark: str) -> None:
        if mark == '"':
            self._quoted = True
        else:
            self._depth += 1 if mark in "[{" else -1

    def _skip_string(self, text: str, place: int) -> int:
        if self._escaped:
            self._escaped = False
            return place + 1
        found = _STRING_END.match(text, place)
        if found is None:
            return len(text)
        self._escaped = found.group().endswith("\\")
        self._quoted = self._escaped
        return found.end()


def _after_wrapper(text: str, tokens: tuple[str, ...]) -> int | None:
    """Where the value begins; None while that is open, -1 where the text is no wrapper."""
    place = _skip_space(text, 0)
    for token in tokens:
        have = text[place : place + len(token)]
        if have != token:
            return None if token.startswith(have) else -1
        place = _skip_space(text, place + len(token))
    return place if place < len(text) else None


def _skip_space(text: str, place: int) -> int:
    while place < len(text) and text[place] in _SPACE:
        place += 1
    return place


def _scalar_end(text: str) -> int | None:
    found = _SCALAR_END.search(text)
    return None if found is None else found.start()
