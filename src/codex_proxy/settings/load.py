"""``load_settings``: the layers to one validated value, or every problem with them.

Rules of this file: unknown keys and wrong types are problems that name the key, where it stands and what would be
right; nothing is guessed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from codex_proxy.settings.keys import Section
from codex_proxy.settings.layers import (
    BrokenFile,
    Found,
    default_source,
    environment_layer,
    file_layer,
    flag_layer,
    merged,
)
from codex_proxy.settings.schema import Settings

LOCAL_FILE: Final = "local.yaml"
_TOP_LEVEL: Final = frozenset({"providers", "model_routing"})


class SettingsError(Exception):
    """The configuration cannot be used; ``problems`` are sentences."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSettings:
    """Settings, where each value came from (by dotted key), the data directory, and the file that was read.

    ``overriding`` are the flags and variables that win over what the file says, now or later, by dotted key.
    """

    settings: Settings
    provenance: Mapping[str, str]
    overriding: Mapping[str, str]
    data_dir: Path
    path: Path


def load_settings(
    *, flags: Mapping[str, Any], environ: Mapping[str, str], data_dir: Path, config_file: Path | None = None
) -> LoadedSettings:
    """The effective settings.

    Raises:
        SettingsError: a file is broken, a key unknown or a value of the wrong type.
    """
    path = config_file or data_dir / LOCAL_FILE
    try:
        in_file = file_layer(path)
    except BrokenFile as error:
        raise SettingsError((str(error),)) from error
    above = merged([flag_layer(flags), environment_layer(environ)])
    values = merged([above, in_file])
    problems = tuple(_unknown(values))
    if problems:
        raise SettingsError(problems)
    try:
        settings = Settings.model_validate(_nested(values))
    except ValidationError as error:
        raise SettingsError(tuple(_wrong(error, values))) from error
    provenance = {name: values[name].source if name in values else default_source() for name in known_keys()}
    overriding = {name: found.source for name, found in above.items()}
    return LoadedSettings(settings=settings, provenance=provenance, overriding=overriding, data_dir=data_dir, path=path)


def known_keys() -> dict[str, FieldInfo]:
    """Every key by its dotted name."""
    keys: dict[str, FieldInfo] = {}
    for section, info in Settings.model_fields.items():
        kind = info.annotation
        if isinstance(kind, type) and issubclass(kind, Section):
            keys |= {f"{section}.{name}": member for name, member in kind.model_fields.items()}
        else:
            keys[section] = info
    return keys


def marks_of(info: FieldInfo) -> dict[str, Any]:
    """A key's marks: change, used, secret, file_only."""
    marks = info.json_schema_extra
    return marks if isinstance(marks, dict) else {}


def value_of(settings: Settings, name: str) -> Any:
    """The value of a dotted key."""
    section, _, member = name.partition(".")
    value = getattr(settings, section)
    return getattr(value, member) if member else value


def _unknown(values: Mapping[str, Found]) -> Iterator[str]:
    keys = known_keys()
    for name, found in values.items():
        if name in keys:
            continue
        near = get_close_matches(name, keys, n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]}?" if near else ""
        yield f"{found.source}: unknown key {name}{hint}"


def _wrong(error: ValidationError, values: Mapping[str, Found]) -> Iterator[str]:
    for detail in error.errors():
        path = ".".join(str(part) for part in detail["loc"][:2])
        name = path if path in values else str(detail["loc"][0])
        source = values[name].source if name in values else default_source()
        inside = detail["loc"][name.count(".") + 1 :]
        where = name + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in inside)
        message = detail["msg"].removeprefix("Value error, ")
        yield f"{source}: {where}: {message[:1].lower()}{message[1:]}"


def _nested(values: Mapping[str, Found]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for name, found in values.items():
        section, _, member = name.partition(".")
        if member and section not in _TOP_LEVEL:
            nested.setdefault(section, {})[member] = found.value
        else:
            nested[section] = found.value
    return nested
