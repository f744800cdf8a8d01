"""Values that somebody asks for."""

from typing import Any

import pytest

from codex_proxy.settings.asked import faults_of, refused_key


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("auth.rotation_strategy", "sticky"),
        ("auth.max_concurrent_per_account", None),
        ("auth.refresh_margin_seconds", 5),
        ("model.aliases", {"a": "gpt-5.4"}),
        ("model.custom_models", ["a", {"id": "b", "context_window": 5}]),
        ("model_routing", {"a": "groq"}),
        ("server.port", 1),
        ("tls.proxy_url", None),
    ],
)
def test_what_a_key_wants_is_fine(name: str, value: Any) -> None:
    assert faults_of({name: value}) == ()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("auth.rotation_strategy", "random", "input should be 'least_used', 'round_robin' or 'sticky'"),
        ("auth.max_concurrent_per_account", 0, "input should be greater than or equal to 1"),
        ("auth.queue_limit", "5", "input should be a valid integer"),
        ("auth.queue_limit", True, "input should be a valid integer"),
        ("auth.refresh_enabled", 1, "input should be a valid boolean"),
        ("auth.refresh_enabled", "yes", "input should be a valid boolean"),
        ("auth.queue_limit", None, "input should be a valid integer"),
        ("server.heartbeat_seconds", float("nan"), "input should be a valid number"),
        ("server.port", 0, "input should be greater than or equal to 1"),
        ("server.port", 65536, "input should be less than or equal to 65535"),
        ("model.aliases", {"a": "a"}, "a stands for itself"),
        ("model.aliases", {" a": "x", "a ": "y"}, "a is there twice"),
        ("model.aliases", {"a": ""}, "neither a name nor what it stands for may be empty"),
        ("model.image_host_model", "gpt-image-2", "gpt-image-2 makes pictures but hosts nothing; name a chat model"),
        ("quota.warning_thresholds", {"primary": [0]}, "input should be greater than or equal to 1"),
        ("ollama.version", "x" * 65, "string should have at most 64 characters"),
        ("server.prot", 1, "unknown key server.prot; did you mean server.port?"),
        ("nothing.like_it_at_all", 1, "unknown key nothing.like_it_at_all"),
        ("server", {}, "unknown key server"),
    ],
)
def test_what_it_does_not_want_is_named(name: str, value: Any, words: str) -> None:
    (fault,) = faults_of({name: value})
    assert words in fault.message
    assert (fault.source, fault.key) == ("request", name)


@pytest.mark.parametrize(
    "name",
    ["api.base_url", "auth.oauth_token_endpoint", "auth.oauth_client_id", "update.feed_url", "storage.database_url",
     "providers", "ollama.allow_remote", "tls.ca_file"],
)  # fmt: skip
def test_what_could_move_credentials_is_for_the_file_alone(name: str) -> None:
    (fault,) = faults_of({name: "x"})
    assert "since it can move credentials" in fault.message
    assert refused_key(name) == fault
    assert refused_key("server.port") is None
