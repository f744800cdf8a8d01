"""Nulls that stand for members a client left optional, taken out of an answer; see ``closing``.

Rules of this file: pure and incremental; only members that may be absent and may not be null go, by the client's own
schema.  A member is held from its comma to the first character of its value, everything else flows; text that is no
JSON passes as it came from there on.
"""

import re
from enum import Enum
from typing import Any, Final

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.parts.answers.closing import is_optional, resolved
from codex_proxy.protocols.parts.json_text import decode_value

_SPACE: Final = re.compile(r"[ \t\r\n]*")
_STRING_REST: Final = re.compile(r'[^"\\]*')
_SCALAR_REST: Final = re.compile(r"[^\s,}\]]*")
_NULL: Final = "null"
_MAX_BRANCHES: Final = 64


class _Expects(Enum):
    """What comes next; a string, a key among them, is looked through to its end."""

    VALUE = "value"
    KEY = "key"
    IN_KEY = "in_key"
    COLON = "colon"
    IN_STRING = "in_string"
    IN_SCALAR = "in_scalar"
    IN_NULL = "in_null"
    SEPARATOR = "separator"
    ANYTHING = "anything"


class _Container:
    """An open object or array: the schemas it may follow, and of an object whether a member of it was told."""

    __slots__ = ("is_object", "member", "schemas", "told")

    def __init__(self, schemas: tuple[JsonObject, ...], *, is_object: bool) -> None:
        self.schemas = schemas
        self.is_object = is_object
        self.told = False
        self.member: tuple[Any, ...] = ()


class NullRemover:
    """The text of one answer, piece by piece; implements ``TextRewriter``."""

    def __init__(self, schema: JsonObject) -> None:
        self._root = schema
        self._open: list[_Container] = []
        self._expects = _Expects.VALUE
        self._held = ""
        self._holding = False
        self._owes_comma = False
        self._escaped = False
        self._null_characters = 0
        self._out: list[str] = []

    def feed(self, text: str) -> str:
        """What of the text can be told."""
        place = 0
        while place < len(text):
            place = self._step(text, place)
        out, self._out = self._out, []
        return "".join(out)

    def end(self) -> str:
        """What was held of a member whose value never came."""
        self._release()
        out, self._out = self._out, []
        return "".join(out)

    def _step(self, text: str, place: int) -> int:
        match self._expects:
            case _Expects.VALUE:
                return self._value(text, place)
            case _Expects.KEY:
                return self._key(text, place)
            case _Expects.IN_KEY:
                return self._in_key(text, place)
            case _Expects.COLON:
                return self._colon(text, place)
            case _Expects.IN_STRING:
                return self._in_string(text, place)
            case _Expects.IN_SCALAR:
                return self._in_scalar(text, place)
            case _Expects.IN_NULL:
                return self._in_null(text, place)
            case _Expects.SEPARATOR:
                return self._separator(text, place)
            case _Expects.ANYTHING:
                self._tell(text[place:])
                return len(text)

    def _tell(self, text: str) -> None:
        """Told at once, or held with the member it belongs to."""
        if self._holding:
            self._held += text
        elif text:
            self._out.append(text)

    def _release(self) -> None:
        """The member stays: its comma, if one was before it, and what was held of it."""
        self._holding = False
        if self._owes_comma and (not self._open or self._open[-1].told):
            self._out.append(",")
        self._owes_comma = False
        if self._held:
            self._out.append(self._held)
        self._held = ""

    def _give_up(self, text: str, place: int) -> int:
        """No JSON that fits here: from now on everything passes."""
        self._release()
        self._expects = _Expects.ANYTHING
        return place

    def _skip_space(self, text: str, place: int) -> int:
        found = _SPACE.match(text, place)
        end = found.end() if found is not None else place
        self._tell(text[place:end])
        return end

    def _value(self, text: str, place: int) -> int:
        place = self._skip_space(text, place)
        if place == len(text):
            return place
        first = text[place]
        if self._holding and first == "n":
            self._expects, self._null_characters = _Expects.IN_NULL, 0
            return place
        if self._holding:
            self._keep_member()
        if first == '"':
            self._expects = _Expects.IN_STRING
        elif first in "{[":
            self._enter(is_object=first == "{")
        elif first == "]" and self._open and not self._open[-1].is_object:
            return self._separator(text, place)
        else:
            self._expects = _Expects.IN_SCALAR
            return place
        self._tell(first)
        return place + 1

    def _keep_member(self) -> None:
        self._release()
        self._open[-1].told = True

    def _enter(self, *, is_object: bool) -> None:
        schemas = self._alternatives(self._inner_schemas())
        self._open.append(_Container(schemas, is_object=is_object))
        self._expects = _Expects.KEY if is_object else _Expects.VALUE

    def _inner_schemas(self) -> tuple[Any, ...]:
        if not self._open:
            return (self._root,)
        outer = self._open[-1]
        return outer.member if outer.is_object else tuple(schema.get("items") for schema in outer.schemas)

    def _alternatives(self, schemas: tuple[Any, ...]) -> tuple[JsonObject, ...]:
        """The schemas with references followed and alternatives side by side."""
        found: list[JsonObject] = []
        waiting = list(schemas)
        while waiting and len(found) < _MAX_BRANCHES:
            schema = resolved(waiting.pop(), self._root)
            branches = schema.get("anyOf")
            if isinstance(branches, list):
                waiting.extend(branches[:_MAX_BRANCHES])
            elif schema:
                found.append(schema)
        return tuple(found)

    def _key(self, text: str, place: int) -> int:
        """Before a key, or the end of an object; held from here on, with the space before it."""
        self._holding = True
        place = self._skip_space(text, place)
        if place == len(text):
            return place
        if text[place] == '"':
            self._expects = _Expects.IN_KEY
            self._tell('"')
            return place + 1
        self._release()
        return self._separator(text, place) if text[place] == "}" else self._give_up(text, place)

    def _in_key(self, text: str, place: int) -> int:
        end = self._in_string(text, place)
        if self._expects is _Expects.SEPARATOR:
            self._expects = _Expects.COLON
            self._note_member(self._held.strip())
        return end

    def _note_member(self, key: str) -> None:
        """What is known of the member just named; one that has to be there is told at once."""
        container = self._open[-1]
        try:
            name = decode_value(key.encode("utf-8", "replace"))
        except InvalidRequest:
            name = None
        owners = [schema for schema in container.schemas if name in (schema.get("properties") or ())]
        container.member = tuple(schema["properties"][name] for schema in owners)
        if not owners or not all(is_optional(schema, name, self._root) for schema in owners):
            self._keep_member()

    def _colon(self, text: str, place: int) -> int:
        place = self._skip_space(text, place)
        if place == len(text):
            return place
        if text[place] != ":":
            return self._give_up(text, place)
        self._expects = _Expects.VALUE
        self._tell(":")
        return place + 1

    def _in_string(self, text: str, place: int) -> int:
        """Up to the end of the string, or of the text."""
        start = place
        while place < len(text):
            if self._escaped:
                self._escaped = False
                place += 1
                continue
            found = _STRING_REST.match(text, place)
            place = found.end() if found is not None else place
            if place == len(text):
                break
            self._escaped = text[place] == "\\"
            place += 1
            if not self._escaped:
                self._expects = _Expects.SEPARATOR
                break
        self._tell(text[start:place])
        return place

    def _in_scalar(self, text: str, place: int) -> int:
        found = _SCALAR_REST.match(text, place)
        end = found.end() if found is not None else place
        self._tell(text[place:end])
        if end < len(text):
            self._expects = _Expects.SEPARATOR
        return end

    def _in_null(self, text: str, place: int) -> int:
        wanted = _NULL[self._null_characters :]
        have = text[place : place + len(wanted)]
        if not wanted.startswith(have):
            return self._give_up(text, place)
        self._tell(have)
        self._null_characters += len(have)
        if have == wanted:
            self._held, self._holding, self._owes_comma = "", False, False
            self._expects = _Expects.SEPARATOR
        return place + len(have)

    def _separator(self, text: str, place: int) -> int:
        place = self._skip_space(text, place)
        if place == len(text):
            return place
        mark = text[place]
        container = self._open[-1] if self._open else None
        if container is None or mark not in (",}" if container.is_object else ",]"):
            return self._give_up(text, place)
        if mark == ",":
            self._owes_comma = container.is_object
            self._expects = _Expects.KEY if container.is_object else _Expects.VALUE
            if container.is_object:
                return place + 1
        else:
            self._open.pop()
            self._expects = _Expects.SEPARATOR
        self._tell(mark)
        return place + 1
