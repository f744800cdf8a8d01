"""How a configuration key is declared: default, words, and what the owner must know about changing it."""

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue


class Section(BaseModel):
    """A group of keys; frozen, and strict about unknown ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Change(StrEnum):
    """When a changed value takes effect."""

    LIVE = "live"
    RESTART = "restart"


def key(
    default: Any,
    words: str,
    *,
    change: Change = Change.RESTART,
    used: bool = True,
    secret: bool = False,
    file_only: bool = False,
) -> Any:
    """A configuration key.

    ``words`` say what it does, with the unit of a number.  ``used`` False marks a key whose feature comes later,
    ``secret`` one that is never shown, ``file_only`` one that moves credentials and is never set through the API.
    """
    marks: dict[str, JsonValue] = {"change": change.value, "used": used, "secret": secret, "file_only": file_only}
    if isinstance(default, list | dict):
        return Field(default_factory=lambda: type(default)(default), description=words, json_schema_extra=marks)
    return Field(default=default, description=words, json_schema_extra=marks)
