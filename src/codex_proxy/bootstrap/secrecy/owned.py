"""The secrets that settings and client keys hold."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from codex_proxy.operations.client_keys import KeptKeys
from codex_proxy.settings.schema import Settings


def secrets_of_settings(settings: Settings) -> Iterator[str]:
    """The values of every key that is marked as a secret, and what providers show beside their keys."""
    for name, section in settings:
        if isinstance(section, Mapping):
            if name == "providers":
                yield from _of_providers(section)
        elif isinstance(section, BaseModel):
            yield from _of_section(section)


def secrets_of_keys(kept: KeptKeys) -> Iterator[str]:
    """The client keys as their owners show them."""
    return (each.secret for each in kept.keys)


def _of_section(section: BaseModel) -> Iterator[str]:
    for name, described in type(section).model_fields.items():
        marks = described.json_schema_extra
        if isinstance(marks, dict) and marks.get("secret"):
            yield from _texts(getattr(section, name))


def _of_providers(providers: Mapping[str, Any]) -> Iterator[str]:
    for entry in providers.values():
        yield from _texts(entry.api_key)
        yield from (entry.headers or {}).values()


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
            if "," in value:  # several tokens in one variable
                yield from (part.strip() for part in value.split(","))
        case list():
            yield from (text for text in value if isinstance(text, str))
