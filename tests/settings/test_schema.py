"""All keys."""

import pytest

from codex_proxy.settings.load import known_keys, marks_of
from codex_proxy.settings.schema import Settings


@pytest.mark.parametrize("name", sorted(known_keys()))
def test_every_key_says_what_it_does_and_when_a_change_counts(name: str) -> None:
    info = known_keys()[name]
    assert info.description
    assert info.description.endswith(".")
    assert set(marks_of(info)) == {"change", "used", "secret", "file_only"}


def test_the_defaults_are_the_safe_ones() -> None:
    settings = Settings()
    assert settings.server.host == "127.0.0.1"
    assert settings.server.proxy_api_key is None
    assert settings.auth.max_concurrent_per_account == 16
    assert not settings.security.allow_private_upstreams


def test_what_moves_credentials_is_never_set_through_the_api() -> None:
    moving = {name for name, info in known_keys().items() if marks_of(info)["file_only"]}
    assert {"api.base_url", "auth.oauth_token_endpoint", "update.feed_url", "auth.jwt_token"} <= moving


def test_null_for_a_map_means_an_empty_one() -> None:
    assert Settings.model_validate({"providers": None, "model_routing": None}).providers == {}
