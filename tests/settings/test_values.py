"""Kinds of values."""

from typing import Annotated, Any

import pytest
from pydantic import TypeAdapter, ValidationError

from codex_proxy.settings.values import (
    Aliases,
    DefaultTools,
    HeaderText,
    Host,
    ModelName,
    NotInline,
    Numbered,
    Origin,
    Percent,
    RenamedProfile,
    WebAddress,
)

GOOD: tuple[tuple[Any, Any, Any], ...] = (
    (WebAddress, "https://host.example/path", "https://host.example/path"),
    (Origin, "http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    (Host, "::1", "::1"),
    (ModelName, "gpt-5.4", "gpt-5.4"),
    (Aliases, {" a ": " b "}, {"a": "b"}),
    (DefaultTools, [{"type": "web_search_preview"}], [{"type": "web_search_preview"}]),
    (HeaderText, "Codex Desktop", "Codex Desktop"),
    (Percent, 100, 100),
    (Numbered, 6892, "6892"),
    (Annotated[str, RenamedProfile], "codex_cli", "cli"),
    (Annotated[str, RenamedProfile], "desktop", "desktop"),
    (Annotated[str, NotInline], "developer_inline", "developer_inline"),
)
BAD: tuple[tuple[Any, Any], ...] = (
    (WebAddress, "ftp://host.example"),
    (WebAddress, "https://user:secret@host.example"),
    (WebAddress, "https://["),
    (WebAddress, "host.example"),
    (Origin, "https://host.example/path"),
    (Host, ""),
    (Host, "a b"),
    (ModelName, "gpt 5"),
    (Aliases, {"": "b"}),
    (DefaultTools, [{"type": "mcp"}]),
    (DefaultTools, ["web_search"]),
    *((HeaderText, name) for name in ("", " ", "two\nlines", "späße", " led", "x" * 65)),
    (Percent, 101),
    (Numbered, True),
)


@pytest.mark.parametrize(("kind", "value", "expected"), GOOD)
def test_what_is_taken(kind: Any, value: Any, expected: Any) -> None:
    assert TypeAdapter(kind).validate_python(value) == expected


@pytest.mark.parametrize(("kind", "value"), BAD)
def test_what_is_refused_without_a_secret_in_the_words(kind: Any, value: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(value)
    assert all("secret" not in detail["msg"] for detail in caught.value.errors())
