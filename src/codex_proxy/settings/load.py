"""``load_settings``: the layers to one validated value, or every problem with them.

Rules of this file: unknown keys and wrong types are problems that name the key, where it stands and what would be
right; nothing is guessed.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from codex_proxy.settings.checks.faults import Fault, SettingsError
from codex_proxy.settings.checks.retired import is_retired, retired_words
from codex_proxy.settings.checks.together import disagreements
from codex_proxy.settings.keys import Section
from codex_proxy.settings.layers import (
    BrokenFile,
    Found,
    Layer,
    default_source,
    environment_layer,
    file_text,
    flag_layer,
    merged,
    text_layer,
)
from codex_proxy.settings.schema import Settings

LOCAL_FILE: Final = "local.yaml"
_TOP_LEVEL: Final = frozenset({"providers", "model_routing"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where settings come from beside the file's text: flags by dotted key, the environment, and the file's place."""

    flags: Mapping[str, Any]
    environ: Mapping[str, str]
    data_dir: Path
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSettings:
    """Settings, where each value came from (by dotted key), the data directory, and the file that was read.

    ``overriding`` are the flags and variables that win over what the file says, now or later, by dotted key.
    ``in_file`` is what the file says, by dotted key, ``text`` all of it; ``notices`` are sentences for its owner.
    ``anew`` gives the settings from the same sources where another text stands in the file; it raises like
    ``load_settings``.
    """

    settings: Settings
    provenance: Mapping[str, str]
    overriding: Mapping[str, str]
    data_dir: Path
    path: Path
    in_file: Mapping[str, Any]
    text: str
    notices: tuple[str, ...]
    anew: Callable[[str], "LoadedSettings"]


def load_settings(
    *, flags: Mapping[str, Any], environ: Mapping[str, str], data_dir: Path, config_file: Path | None = None
) -> LoadedSettings:
    """The effective settings.

    Raises:
        SettingsError: a file is broken, a key unknown or a value of the wrong type.
    """
    path = config_file or data_dir / LOCAL_FILE
    try:
        text = file_text(path)
    except BrokenFile as error:
        raise SettingsError((_broken(error),)) from error
    return read_settings(Sources(flags=flags, environ=environ, data_dir=data_dir, path=path), text)


def read_settings(sources: Sources, text: str) -> LoadedSettings:
    """The effective settings where ``text`` stands in the file; raises like ``load_settings``."""
    try:
        in_file = text_layer(text, sources.path)
    except BrokenFile as error:
        raise SettingsError((_broken(error),)) from error
    above = merged([flag_layer(sources.flags), environment_layer(sources.environ)])
    told = merged([above, in_file])
    values = {name: found for name, found in told.items() if not is_retired(name)}
    settings = _validated(values)
    provenance = {name: values[name].source if name in values else default_source() for name in known_keys()}
    return LoadedSettings(
        settings=settings,
        provenance=provenance,
        overriding={name: found.source for name, found in above.items()},
        data_dir=sources.data_dir,
        path=sources.path,
        in_file={name: found.value for name, found in in_file.items()},
        text=text,
        notices=tuple(retired_words(told)),
        anew=partial(read_settings, sources),
    )


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


def nearest_key(name: str) -> str | None:
    """The known key that an unknown one looks most like."""
    return next(iter(get_close_matches(name, known_keys(), n=1, cutoff=0.5)), None)


def fault_at(layer: Layer, key: str, message: str) -> Fault:
    """A fault of this key, wherever its value stands."""
    found = layer.get(key)
    return _fault(found.source if found is not None else default_source(), message, key)


def found_in(loaded: LoadedSettings) -> Layer:
    """Where each value of these settings stands."""
    return {name: Found(None, source) for name, source in loaded.provenance.items()}


def _validated(values: Layer) -> Settings:
    faults = tuple(_unknown(values))
    if faults:
        raise SettingsError(faults)
    try:
        settings = Settings.model_validate(_nested(values))
    except ValidationError as error:
        raise SettingsError(tuple(_wrong(error, values))) from error
    faults = tuple(fault_at(values, key, message) for key, message in disagreements(settings))
    if faults:
        raise SettingsError(faults)
    return settings


def _broken(error: BrokenFile) -> Fault:
    source = error.file if error.line is None else f"{error.file}:{error.line}"
    return Fault(source=source, message=error.words, file=error.file, line=error.line)


def _fault(source: str, message: str, key: str) -> Fault:
    file, separator, line = source.rpartition(":")
    if separator and line.isdigit():
        return Fault(source=source, message=message, key=key, file=file, line=int(line))
    return Fault(source=source, message=message, key=key)


def _unknown(values: Layer) -> Iterator[Fault]:
    keys = known_keys()
    for name, found in values.items():
        if name in keys:
            continue
        near = nearest_key(name)
        hint = f"; did you mean {near}?" if near else ""
        words = f"{name} holds keys, such as {near}" if name in Settings.model_fields else f"unknown key {name}{hint}"
        yield _fault(found.source, words, name)


def _wrong(error: ValidationError, values: Layer) -> Iterator[Fault]:
    for detail in error.errors():
        path = ".".join(str(part) for part in detail["loc"][:2])
        name = path if path in values else str(detail["loc"][0])
        source = values[name].source if name in values else default_source()
        where = name + _inside(detail["loc"][name.count(".") + 1 :])
        message = detail["msg"].removeprefix("Value error, ")
        yield _fault(source, f"{where}: {message[:1].lower()}{message[1:]}", name)


def _inside(parts: tuple[int | str, ...]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)


def _nested(values: Layer) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for name, found in values.items():
        section, _, member = name.partition(".")
        if member and section not in _TOP_LEVEL:
            nested.setdefault(section, {})[member] = found.value
        else:
            nested[section] = found.value
    return nested
