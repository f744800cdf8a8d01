"""The secrets that settings and keys hold."""

from codex_proxy.access.keys import INFERENCE, make_key
from codex_proxy.bootstrap.secrecy.owned import secrets_of_keys, secrets_of_settings
from codex_proxy.operations.client_keys import KeptKey, KeptKeys
from codex_proxy.settings.schema import Settings

SETTINGS = Settings.model_validate(
    {
        "server": {"proxy_api_key": "the-owners-key"},
        "auth": {"jwt_token": "one-token, another-token"},
        "tls": {"proxy_url": "http://user:pass@proxy"},
        "model": {"default": "no-secret", "default_instructions": "ask http://nobody:nothing@there"},
        "update": {"index_url": "https://me:an-index-password@index.example/simple"},
        "providers": {
            "custom": {"mine": {"api_key": "a-vendors-key", "base_url": "http://v", "headers": {"x": "h-s"}}}
        },
    }
)


def test_every_secret_of_the_settings_is_known_and_nothing_else() -> None:
    told = set(secrets_of_settings(SETTINGS))
    wanted = {"the-owners-key", "one-token", "another-token", "http://user:pass@proxy", "a-vendors-key", "h-s"}
    wanted |= {"me:an-index-password", "an-index-password"}
    assert told == wanted | {"one-token, another-token"}
    listed = Settings.model_validate({"auth": {"jwt_token": ["a-token"]}})
    assert set(secrets_of_settings(listed)) == {"a-token"}


def test_client_keys_are_known_as_their_owners_show_them() -> None:
    kept = KeptKey(key=make_key("k", "shown", frozenset({INFERENCE}), b"p"), secret="shown")
    assert list(secrets_of_keys(KeptKeys(pepper=b"p", keys=(kept,)))) == ["shown"]
