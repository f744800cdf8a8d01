"""Reading Gemini's objects: every member may come in camelCase or in snake_case, in any mix.

Rules of this file: the caller names members in camelCase; an error names the member as the client spelt it; where both
spellings stand side by side the camelCase one holds.  Source: bodies of google-genai 3.4, which sends ``mime_type``,
``include_thoughts`` and ``property_ordering`` inside camelCase bodies.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.parts.fields import Fields, json_type

_HUMP: Final = re.compile(r"(?<=.)_([a-z])")
_WHOLE_NUMBER: Final = re.compile(r"-?[0-9]{1,18}")
_AS_SPELT: Final[dict[str, str]] = {}


class WireFields(Fields):
    """The members of one object, by their camelCase names; few objects hold another spelling, and only they pay."""

    __slots__ = ("_spelt",)

    def __init__(self, members: JsonObject, path: str = "") -> None:
        self._members = dict(members)
        self.path = path
        self._spelt = self._respell() if "_" in "".join(members) else _AS_SPELT

    def at(self, name: str) -> str:
        """The path of a member, in the client's spelling."""
        name = self._spelt.get(name, name)
        return f"{self.path}.{name}" if self.path else name

    def take_integer(self, name: str) -> int | None:
        """A whole number; the JSON of protocol buffers also writes them as text."""
        value = self.take(name)
        if isinstance(value, str) and _WHOLE_NUMBER.fullmatch(value):
            return int(value)
        self._members[name] = value
        return super().take_integer(name)

    def take_fields(self, name: str) -> "WireFields | None":
        """An object member, for reading."""
        value = self.take_object(name)
        return None if value is None else WireFields(value, self.at(name))

    def told(self) -> JsonObject:
        """The members nobody took, as the client spelt them, without nulls."""
        return {self._spelt.get(name, name): value for name, value in self._members.items() if value is not None}

    def _respell(self) -> dict[str, str]:
        """Name the members in camelCase; answers how the client spelt those that it spelt otherwise."""
        spelt: dict[str, str] = {}
        made: JsonObject = {}
        for told, value in self._members.items():
            name = _HUMP.sub(_upper, told)
            if name == told:
                made[name] = value if value is not None else made.get(name)
            elif made.get(name) is None and self._members.get(name) is None:
                made[name], spelt[name] = value, told
        self._members = made
        return spelt


def each_fields(items: list[Any], path: str) -> Iterator[WireFields]:
    """The objects of a list, with their paths.

    Raises:
        InvalidRequest: an element is no object.
    """
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            raise InvalidRequest(f"{path}[{index}]", f"expected an object, got {json_type(item)}", code="invalid_type")
        yield WireFields(item, f"{path}[{index}]")


def _upper(hump: re.Match[str]) -> str:
    return hump.group(1).upper()
