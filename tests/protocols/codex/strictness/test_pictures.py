"""Refusals of the image tool's settings."""

from typing import Any

import pytest

from codex_proxy.protocols.codex.strictness.pictures import REFUSED
from tests.protocols.codex.strictness.ground import body, refusal_of


def refused(**settings: Any) -> str | None:
    refusal = refusal_of(body(tools=[{"type": "image_generation"} | settings]))
    return None if refusal is None else refusal[1]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"size": "auto", "background": "auto", "partial_images": 3, "moderation": "low"},
        {"size": "3840x2160", "output_format": "webp", "output_compression": 10, "action": "edit"},
        {"output_format": "png", "output_compression": 100, "model": "gpt-image-2", "brand_new": 1},
    ],
)
def test_legal_settings_are_accepted(settings: dict[str, Any]) -> None:
    assert refused(**settings) is None


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_tool_does_not_know_is_named(name: str) -> None:
    assert refused(**{name: "x"}) == f"Unknown parameter: 'tools[0].{name}'."


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"background": "transparent"}, "Invalid value: 'transparent'."),
        ({"output_format": "gif"}, "Invalid value: 'gif'."),
        ({"moderation": "off"}, "Invalid value: 'off'."),
        ({"partial_images": 4}, "Expected a value from 0 to 3."),
        ({"output_compression": 50}, "Compression less than 100"),
        ({"size": "512x512"}, "Invalid size '512x512'."),
        ({"size": "3840x3840"}, "Invalid size '3840x3840'."),
        ({"size": "big"}, "Invalid size 'big'."),
        ({"size": 7}, "Invalid size '7'."),
    ],
)
def test_illegal_settings_are_refused(settings: dict[str, Any], message: str) -> None:
    told = refused(**settings)
    assert told is not None
    assert told.startswith(message)
