"""Settings as plain values, for programs and for people.

Rules of this file: a secret is shown as set or not set, never as itself; an address that only the file may say may
hold a user and a password, and is shown without them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final

from codex_proxy.settings.keys import IDLE, LEAST_ASKED, Section
from codex_proxy.settings.load import known_keys, marks_of, value_of
from codex_proxy.settings.schema import Settings

MASKED: Final = "(set, not shown)"
NOT_SHOWN: Final = "(not shown)"
"""What stands for user and password in an address."""
_DEFAULTS: Final = Settings()
_BESIDE: Final = frozenset(
    {"title", "description", "default", "change", "used", "secret", "file_only", LEAST_ASKED, IDLE}
)
"""Words of a key's JSON Schema that are told beside it."""
_USER: Final = re.compile(r"(?<=://)[^/?#@\s]*(?=@)")
_REFERENCE: Final = re.compile(r"#/\$defs/(\w+)")


def plain_values(settings: Settings) -> dict[str, Any]:
    """Every value by its dotted key as the owner would write it, secrets too."""
    return {name: plain(value_of(settings, name)) for name in known_keys()}


def plain(value: Any) -> Any:
    """A value as the owner would write it."""
    if isinstance(value, Section):
        return value.model_dump(mode="json", exclude_unset=True)
    if isinstance(value, dict):
        return {name: plain(member) for name, member in value.items()}
    return [plain(one) for one in value] if isinstance(value, list) else value


def secret_keys() -> frozenset[str]:
    """Keys whose values nobody is shown."""
    return frozenset(name for name, info in known_keys().items() if marks_of(info).get("secret"))


def shown(name: str, value: Any) -> Any:
    """A plain value of a key as anybody who may look at settings sees it."""
    marks = marks_of(known_keys()[name])
    if marks["secret"] and value:
        return MASKED
    return _USER.sub(NOT_SHOWN, value) if marks["file_only"] and isinstance(value, str) else value


def user_in(address: str) -> str | None:
    """What stands before the @ of an address; None where nothing does."""
    found = _USER.search(address)
    return found.group() if found is not None and found.group() else None


def changed_keys(before: Settings, after: Settings, names: Iterable[str]) -> tuple[str, ...]:
    """Those of these keys whose values differ."""
    return tuple(name for name in names if value_of(before, name) != value_of(after, name))


def with_values_of(settings: Settings, other: Settings, names: Iterable[str]) -> Settings:
    """These settings, with the values of these keys from others."""
    sections: dict[str, dict[str, Any]] = {}
    top: dict[str, Any] = {}
    for name in names:
        section, _, member = name.partition(".")
        if member:
            sections.setdefault(section, {})[member] = value_of(other, name)
        else:
            top[section] = value_of(other, name)
    anew = {name: getattr(settings, name).model_copy(update=members) for name, members in sections.items()}
    return settings.model_copy(update=anew | top)


def schema_of(name: str) -> dict[str, Any]:
    """The JSON Schema of a key's values: type, choices, limits."""
    section, _, member = name.partition(".")
    whole = _section_schema(section if member else None)
    marks = whole["properties"][member or section]
    told = {word: value for word, value in marks.items() if word not in _BESIDE}
    if LEAST_ASKED in marks:
        told["minimum"] = marks[LEAST_ASKED]
    named = dict(_referred_to(told, whole.get("$defs", {})))
    return told | ({"$defs": named} if named else {})


def _referred_to(told: Any, shapes: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The named shapes that a schema needs, those of the shapes themselves too."""
    needed, seen = [*_REFERENCE.findall(str(told))], set[str]()
    while needed:
        name = needed.pop()
        if name not in seen:
            seen.add(name)
            needed += _REFERENCE.findall(str(shapes[name]))
            yield name, shapes[name]


def default_of(name: str) -> Any:
    """What holds where nobody says anything, as the owner would write it."""
    return plain(value_of(_DEFAULTS, name))


@cache
def _section_schema(section: str | None) -> dict[str, Any]:
    kind = Settings if section is None else Settings.model_fields[section].annotation
    schema: dict[str, Any] = getattr(kind, "model_json_schema")()  # noqa: B009 - the kind is a section of the schema
    return schema
