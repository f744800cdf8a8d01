"""Keys of the configuration."""

from collections.abc import Mapping
from typing import Any

import pytest

from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.bootstrap.vendors.configured import configured_keys
from codex_proxy.settings.schema import Settings
from codex_proxy.transports.vendors.base_urls import BaseUrls
from codex_proxy.vendors.key import KeyModel, KeySource, KeyStatus, VendorKey
from codex_proxy.vendors.profile import Capability, Wire
from tests.vendors.test_telling import PROFILES


def keys(providers: dict[str, Any], environ: Mapping[str, str] | None = None) -> tuple[VendorKey, ...]:
    settings = Settings.model_validate({"providers": providers})
    return configured_keys(
        settings.providers, environ=environ or {}, profiles=PROFILES, addresses=BaseUrls(allow_private=False)
    )


def test_a_vendors_key_and_one_of_a_name_of_the_owners() -> None:
    first, second = keys(
        {
            "openai": {"api_key_env": "OPENAI_KEY", "models": ["gpt"]},
            "custom": {
                "mine": {
                    "api_key": "k-1",
                    "base_url": "https://mine.example/v1/",
                    "wire": "anthropic",
                    "models": [{"id": "m", "display_name": "M", "capabilities": ["images"]}],
                    "allow_private": True,
                }
            },
        },
        {"OPENAI_KEY": "sk-from-the-environment"},
    )
    assert first == VendorKey(
        row_id="settings-openai",
        vendor="openai",
        base_url="https://api.example/v1",
        wire=Wire.CHAT,
        secret="sk-from-the-environment",
        models=(KeyModel(id="gpt"),),
        name="openai",
        source=KeySource.SETTINGS,
    )
    assert (second.row_id, second.vendor, second.name) == ("settings-mine", "custom", "mine")
    assert (second.wire, second.base_url, second.allow_private) == (Wire.ANTHROPIC, "https://mine.example/v1", True)
    assert second.models == (KeyModel(id="m", display_name="M", capabilities=(Capability.IMAGES,)),)


def test_a_name_that_is_a_vendors_has_its_profile_where_that_speaks_the_wire() -> None:
    entry = {"api_key": "k", "base_url": "https://elsewhere.example"}
    assert [key.vendor for key in keys({"custom": {"openai": entry}})] == ["openai"]
    assert [key.vendor for key in keys({"custom": {"openai": entry | {"wire": "gemini"}}})] == ["custom"]


def test_a_local_vendor_needs_neither_key_nor_leave() -> None:
    (key,) = keys({"local": {}})
    assert (key.secret, key.allow_private) == ("", True)


def test_a_key_whose_variable_is_not_set_is_there_and_says_why() -> None:
    (key,) = keys({"openai": {"api_key_env": "OPENAI_KEY"}}, {"OPENAI_KEY": ""})
    assert (key.status, key.secret) == (KeyStatus.ERROR, "")
    assert key.reason == "providers.openai.api_key_env: the variable OPENAI_KEY is not set"


@pytest.mark.parametrize(
    ("providers", "words"),
    [
        ({"acme": {"api_key": "sk-secret"}}, "providers.acme: 'acme' is no known vendor; known are openai, gemini"),
        ({"openai": {"models": ["m"]}}, "providers.openai.api_key: it is missing"),
        ({"openai": {"api_key": "sk secret"}}, "providers.openai.api_key: it holds something that no key holds"),
        ({"openai": {"api_key": "sk-secret", "wire": "gemini"}}, "providers.openai.wire: OpenAI speaks chat"),
        ({"openai": {"api_key": "sk-secret", "models": [" "]}}, "providers.openai.models: an id has"),
        (
            {"custom": {"mine": {"api_key": "sk-secret", "base_url": "http://127.0.0.1:1"}}},
            "providers.custom.mine.base_url: it leads to a private address; allow that",
        ),
        (
            {"custom": {"mine": {"api_key": "sk-secret", "base_url": "https://x.example?key=1"}}},
            "providers.custom.mine.base_url: it may have no query",
        ),
    ],
)
def test_what_cannot_be_used_is_told_by_its_place_and_without_the_key(providers: dict[str, Any], words: str) -> None:
    with pytest.raises(StartRefused) as refused:
        keys(providers)
    assert str(refused.value).startswith(words)
    assert "secret" not in str(refused.value)
