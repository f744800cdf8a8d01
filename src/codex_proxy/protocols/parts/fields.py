"""Reading untrusted JSON objects: take the members you know, keep the rest.

Rules of this file: a wrong type raises ``InvalidRequest`` with the member's path; an unknown member is never an error
and stays in ``rest``.  ``null`` counts as absent.
"""

from collections.abc import Iterator
from typing import Any

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.protocols.base import InvalidRequest


class Fields:
    """The members of one JSON object; each ``take_`` removes the member it reads."""

    __slots__ = ("_members", "path")

    def __init__(self, members: JsonObject, path: str = "") -> None:
        self._members = dict(members)
        self.path = path

    def at(self, name: str) -> str:
        """The path of a member."""
        return f"{self.path}.{name}" if self.path else name

    def has(self, name: str) -> bool:
        """Whether the member is there and not null."""
        return self._members.get(name) is not None

    def says_null(self, name: str) -> bool:
        """Whether the member is there and null."""
        return name in self._members and self._members[name] is None

    def take(self, name: str) -> Any:
        """The member, whatever it is; None where absent."""
        return self._members.pop(name, None)

    def take_string(self, name: str) -> str | None:
        """A string member."""
        value = self._members.pop(name, None)
        if value is not None and not isinstance(value, str):
            raise self.wrong(name, "a string", value)
        return value

    def need_string(self, name: str) -> str:
        """A string member that must be there."""
        value = self.take_string(name)
        if value is None:
            raise InvalidRequest(self.at(name), "is required")
        return value

    def take_bool(self, name: str) -> bool | None:
        """A boolean member."""
        value = self._members.pop(name, None)
        if value is not None and not isinstance(value, bool):
            raise self.wrong(name, "a boolean", value)
        return value

    def take_number(self, name: str) -> float | None:
        """A number; a boolean is none."""
        value = self._members.pop(name, None)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.wrong(name, "a number", value)
        return value

    def take_integer(self, name: str) -> int | None:
        """A whole number; 3.0 is one."""
        value = self.take_number(name)
        if value is None or isinstance(value, int):
            return value
        if not value.is_integer():
            raise self.wrong(name, "an integer", value)
        return int(value)

    def take_object(self, name: str) -> JsonObject | None:
        """An object member."""
        value = self._members.pop(name, None)
        if value is not None and not isinstance(value, dict):
            raise self.wrong(name, "an object", value)
        return value

    def take_list(self, name: str) -> list[Any] | None:
        """A list member."""
        value = self._members.pop(name, None)
        if value is not None and not isinstance(value, list):
            raise self.wrong(name, "an array", value)
        return value

    def take_fields(self, name: str) -> "Fields | None":
        """An object member, for reading."""
        value = self.take_object(name)
        return None if value is None else Fields(value, self.at(name))

    def rest(self) -> JsonObject:
        """The members nobody took."""
        return self._members

    def wrong(self, name: str, expected: str, value: object) -> InvalidRequest:
        """The error for a member of the wrong type."""
        return InvalidRequest(self.at(name), f"expected {expected}, got {json_type(value)}", code="invalid_type")


def each_object(items: list[Any], path: str) -> Iterator[Fields]:
    """The objects of a list, with their paths.

    Raises:
        InvalidRequest: an element is no object.
    """
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            raise InvalidRequest(f"{path}[{index}]", f"expected an object, got {json_type(item)}", code="invalid_type")
        yield Fields(item, f"{path}[{index}]")


def json_type(value: object) -> str:
    """The JSON word for a value's type."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "an array"
        case dict():
            return "an object"
    return type(value).__name__
