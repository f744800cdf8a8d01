"""All keys."""

import pytest
from pydantic import ValidationError

from codex_proxy.settings.keys import IDLE, LEAST_ASKED
from codex_proxy.settings.load import known_keys, marks_of
from codex_proxy.settings.schema import Settings


@pytest.mark.parametrize("name", sorted(known_keys()))
def test_every_key_says_what_it_does_and_when_a_change_counts(name: str) -> None:
    info = known_keys()[name]
    assert info.description
    assert info.description.endswith(".")
    assert set(marks_of(info)) - {LEAST_ASKED, IDLE} == {"change", "used", "secret", "file_only"}


def test_the_defaults_are_the_safe_ones() -> None:
    settings = Settings()
    assert settings.server.host == "127.0.0.1"
    assert settings.server.proxy_api_key is None
    assert settings.auth.max_concurrent_per_account == 16
    assert not settings.ollama.enabled
    assert (settings.ollama.host, settings.ollama.allow_remote) == ("127.0.0.1", False)
    assert not settings.security.allow_private_upstreams


def test_what_moves_credentials_is_never_set_through_the_api() -> None:
    moving = {name for name, info in known_keys().items() if marks_of(info)["file_only"]}
    assert {"api.base_url", "auth.oauth_token_endpoint", "update.feed_url", "auth.jwt_token"} <= moving
    assert "ollama.allow_remote" in moving


def test_null_for_a_map_means_an_empty_one() -> None:
    assert Settings.model_validate({"providers": None, "model_routing": None}).providers == {}


@pytest.mark.parametrize("base", ["gateway.example", "ftp://a", "https://", "https://a/path", "https://a?b", ""])
def test_a_beginning_of_links_is_a_scheme_and_a_host(base: str) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({"images": {"link_bases": [base]}})


def test_good_beginnings_of_links_are_kept() -> None:
    bases = ["https://gateway.example", "http://a:8080/"]
    assert Settings.model_validate({"images": {"link_bases": bases}}).images.link_bases == bases


@pytest.mark.parametrize("model", ["gpt-image-2", "dall-e-3"])
def test_a_picture_model_hosts_nothing(model: str) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({"model": {"image_host_model": model}})
    assert Settings.model_validate({"model": {"image_host_model": "mine"}}).model.image_host_model == "mine"


@pytest.mark.parametrize(
    ("section", "name", "value"),
    [
        ("session", "ttl_minutes", 10**9),
        ("session", "longest_hours", 10**9),
        ("logs", "retention_hours", 1e300),
        ("logs", "capture_hours", 1e300),
        ("logs", "max_bytes", 2**63),
        ("usage_stats", "event_retention_days", 10**9),
        ("usage_stats", "history_retention_days", 10**30),
        ("client_keys", "default_output_tokens", -1),
        ("client_keys", "reservation_seconds", 0),
        ("client_keys", "unknown_price_usd", float("nan")),
        ("client", "platform", "Debian\r\nx-more: 1"),
        ("client", "terminal", "täglich"),
        ("client", "arch", " "),
    ],
)
def test_what_no_clock_store_or_header_can_hold_is_refused(section: str, name: str, value: object) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({section: {name: value}})
