"""The secrets that settings and client keys hold."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from codex_proxy.operations.client_keys import KeptKeys
from codex_proxy.settings.schema import Settings
from codex_proxy.settings.telling import user_in


def secrets_of_settings(settings: Settings) -> Iterator[str]:
    """The values of every key that is marked as a secret, the users in addresses, and what providers show too."""
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
        marks, value = described.json_schema_extra, getattr(section, name)
        if isinstance(marks, dict) and marks.get("secret"):
            yield from _texts(value)
        elif isinstance(marks, dict) and marks.get("file_only") and isinstance(value, str):
            user = user_in(value) or ""
            yield from filter(None, (user, user.partition(":")[2]))


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
