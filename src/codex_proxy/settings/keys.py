"""How a configuration key is declared: default, words, and what the owner must know about changing it."""

from enum import StrEnum
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, JsonValue

LEAST_ASKED: Final = "least_asked"
"""The mark of a number: the least that the API takes, where a file may say less."""
IDLE: Final = "idle"
"""The mark of a key of other editions that nothing here could go by: the reason."""


class Section(BaseModel):
    """A group of keys; frozen, and strict about unknown ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Change(StrEnum):
    """When a changed value takes effect."""

    LIVE = "live"
    RESTART = "restart"


LIVE: Final = Change.LIVE


def key(
    default: Any,
    words: str,
    *,
    change: Change = Change.RESTART,
    secret: bool = False,
    file_only: bool = False,
    **limits: Any,
) -> Any:
    """A configuration key.

    ``words`` say what it does, with the unit of a number.  ``secret`` marks a key that is never shown, ``file_only``
    one that moves credentials and is never set through the API.  ``limits`` are pydantic's (``ge``, ``le``,
    ``min_length``, ``max_length``), and ``least_asked``; and ``idle``, why a key that files of other editions have can
    do nothing here, which makes it unused.
    """
    idle = limits.pop(IDLE, None)
    if idle is not None:
        words = f"{words} Accepted, has no effect here: {idle}."
    marks: dict[str, JsonValue] = {
        "change": change.value,
        "used": idle is None,
        "secret": secret,
        "file_only": file_only,
    }
    if LEAST_ASKED in limits:
        marks[LEAST_ASKED] = limits.pop(LEAST_ASKED)
    if idle is not None:
        marks[IDLE] = idle
    if isinstance(default, list | dict):
        return Field(
            default_factory=lambda: type(default)(default), description=words, json_schema_extra=marks, **limits
        )
    return Field(default=default, description=words, json_schema_extra=marks, **limits)
