"""Values that somebody asks for through the API or on the command line, held against the schema one by one.

Rules of this file: nothing is converted: a boolean is a boolean, a number is a number.  What a file may say and the API
may not (``file_only``, a free port) is refused here.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from pydantic import ValidationError

from codex_proxy.settings.checks.faults import Fault
from codex_proxy.settings.keys import LEAST_ASKED
from codex_proxy.settings.load import known_keys, marks_of, nearest_key
from codex_proxy.settings.schema import Settings

REQUEST: Final = "request"
"""The source of what was asked for."""


def faults_of(values: Mapping[str, Any]) -> tuple[Fault, ...]:
    """What is wrong with these values, by dotted key."""
    return tuple(fault for name, value in values.items() for fault in _faults(name, value))


def refused_key(name: str) -> Fault | None:
    """Why nobody may set or unset this key here; None where anybody may who may change settings."""
    info = known_keys().get(name)
    if info is None:
        near = nearest_key(name)
        hint = f"; did you mean {near}?" if near else ""
        return Fault(source=REQUEST, message=f"unknown key {name}{hint}", key=name)
    if marks_of(info).get("file_only"):
        words = "is set in the configuration file, by a flag or by the environment only, since it can move credentials"
        return Fault(source=REQUEST, message=words, key=name)
    return None


def _faults(name: str, value: Any) -> Iterator[Fault]:
    refused = refused_key(name)
    if refused is not None:
        yield refused
        return
    section, _, member = name.partition(".")
    kind = Settings.model_fields[section].annotation if member else Settings
    try:
        body = msgspec.json.encode({member or section: value})
        getattr(kind, "model_validate_json")(body, strict=True)  # noqa: B009 - the kind is a section of the schema
    except ValidationError as error:
        yield from (_fault(name, detail["loc"][1:], detail["msg"]) for detail in error.errors())
        return
    least = marks_of(known_keys()[name]).get(LEAST_ASKED)
    if least is not None and isinstance(value, int) and value < least:
        yield _fault(name, (), f"input should be greater than or equal to {least}")


def _fault(name: str, inside: tuple[int | str, ...], words: str) -> Fault:
    message = words.removeprefix("Value error, ")
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in inside)
    told = f"{message[:1].lower()}{message[1:]}"
    return Fault(source=REQUEST, message=f"{name}{where}: {told}" if where else told, key=name)
