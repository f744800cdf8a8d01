"""Settings as plain values."""

import msgspec
import pytest

from codex_proxy.settings.load import known_keys
from codex_proxy.settings.schema import Settings
from codex_proxy.settings.telling import (
    MASKED,
    changed_keys,
    default_of,
    plain_values,
    schema_of,
    secret_keys,
    shown,
    user_in,
    with_values_of,
)


@pytest.mark.parametrize("name", sorted(known_keys()))
def test_every_key_has_a_default_and_a_shape_that_are_json(name: str) -> None:
    shape = schema_of(name)
    assert shape.keys() & {"type", "anyOf", "$ref", "enum", "const"}
    assert not shape.keys() & {"title", "description", "default", "change", "secret"}
    msgspec.json.encode([shape, default_of(name)])


def test_limits_and_choices_are_told() -> None:
    assert schema_of("server.port") == {"type": "integer", "minimum": 1, "maximum": 65535}
    assert schema_of("auth.rotation_strategy")["enum"] == ["least_used", "round_robin", "sticky"]
    assert {"ProviderEntry", "ProviderModel"} <= set(schema_of("providers")["$defs"])
    assert "ApiSection" not in schema_of("providers")["$defs"]
    assert "$defs" not in schema_of("model.aliases")


def test_values_are_as_the_owner_would_write_them() -> None:
    told = {"model": {"custom_models": ["a", {"id": "b"}]}, "providers": {"groq": {"api_key": "k"}}}
    values = plain_values(Settings.model_validate(told))
    assert values.keys() == known_keys().keys()
    assert values["model.custom_models"] == [{"id": "a"}, {"id": "b"}]
    assert values["providers"] == {"groq": {"api_key": "k"}}


def test_what_nobody_is_shown() -> None:
    assert {"server.proxy_api_key", "tls.proxy_url", "providers", "auth.jwt_token"} <= secret_keys()


def test_values_of_others_and_what_differs() -> None:
    one, names = Settings(), ("server.port", "model_routing", "auth.queue_limit")
    other = Settings.model_validate({"server": {"port": 1}, "model_routing": {"a": "b"}, "auth": {"queue_limit": 5}})
    assert changed_keys(one, other, names) == names
    mixed = with_values_of(one, other, ["server.port", "model_routing"])
    assert changed_keys(one, mixed, names) == ("server.port", "model_routing")
    assert mixed.server.host == one.server.host


@pytest.mark.parametrize(
    ("name", "value", "seen"),
    [
        ("tls.proxy_url", "http://me:hidden@127.0.0.1:9", MASKED),
        ("tls.proxy_url", None, None),
        ("update.index_url", "https://me:hidden@index.example/a@b", "https://(not shown)@index.example/a@b"),
        ("update.index_url", "https://index.example/a@b", "https://index.example/a@b"),
        ("model.default_instructions", "ask http://me:x@there", "ask http://me:x@there"),
        ("server.port", 9, 9),
    ],
)
def test_secrets_and_users_in_addresses_are_not_shown(name: str, value: object, seen: object) -> None:
    assert shown(name, value) == seen


def test_who_stands_in_an_address_is_found() -> None:
    assert user_in("https://me:hidden@index.example/simple") == "me:hidden"
    assert user_in("https://index.example/a@b") is None
    assert user_in("https://@index.example") is None
