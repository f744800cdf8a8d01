"""What the official SDKs' own types name: members of requests and answers, kinds of blocks, tools and events.

Rules of this file: nothing of ours; types are walked, no names are listed.  A union gives the literals of its members'
tag; an enumeration its values; camelCase where the wire has it.
"""

import types
import typing
from collections.abc import Iterator
from enum import Enum
from typing import Any

import pydantic

WRAPPERS = (typing.Required, typing.NotRequired)


def members(*shapes: Any, by_alias: bool = False) -> frozenset[str]:
    """The members of TypedDicts and pydantic models together."""
    return frozenset(name for shape in shapes for name in _members(shape, by_alias=by_alias))


def tags(union: Any, tag: str = "type") -> frozenset[str]:
    """The literals of ``tag`` in every member of a union."""
    return frozenset(_tags(union, tag))


def words(kind: Any) -> frozenset[str]:
    """The strings of a literal, or the values of an enumeration."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        return frozenset(str(member.value) for member in kind)
    return frozenset(_literals(kind))


def alternatives(union: Any) -> list[Any]:
    """The classes of a union, however it is nested and annotated."""
    return list(_alternatives(union))


def _members(shape: Any, *, by_alias: bool) -> Iterator[str]:
    if isinstance(shape, type) and issubclass(shape, pydantic.BaseModel):
        for name, field in shape.model_fields.items():
            yield str(field.alias or name) if by_alias else name
    else:
        yield from typing.get_type_hints(shape)


def _tags(union: Any, tag: str) -> Iterator[str]:
    for shape in _alternatives(union):
        if issubclass(shape, pydantic.BaseModel):
            yield from _literals(shape.model_fields[tag].annotation) if tag in shape.model_fields else ()
        elif hasattr(shape, "__annotations__") and shape.__module__ != "builtins":
            yield from _literals(typing.get_type_hints(shape, include_extras=True).get(tag))


def _alternatives(kind: Any) -> Iterator[Any]:
    origin = typing.get_origin(kind)
    if origin is typing.Annotated:
        yield from _alternatives(typing.get_args(kind)[0])
    elif origin in {typing.Union, types.UnionType}:
        for part in typing.get_args(kind):
            yield from _alternatives(part)
    elif isinstance(kind, type):
        yield kind


def _literals(kind: Any) -> Iterator[str]:
    origin = typing.get_origin(kind)
    if origin is typing.Literal:
        yield from (word for word in typing.get_args(kind) if isinstance(word, str))
    elif origin in {typing.Annotated, *WRAPPERS}:
        yield from _literals(typing.get_args(kind)[0])
    elif origin in {typing.Union, types.UnionType}:
        for part in typing.get_args(kind):
            yield from _literals(part)
