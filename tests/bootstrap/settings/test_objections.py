"""What nobody could serve with."""

from typing import Any

import pytest

from codex_proxy.bootstrap.settings.objections import objections_in
from codex_proxy.settings.schema import Settings


@pytest.mark.parametrize(
    ("told", "keys"),
    [
        ({}, []),
        ({"server": {"host": "0.0.0.0", "proxy_api_key": "pwd"}}, ["server.proxy_api_key"]),
        ({"server": {"host": "127.0.0.1", "proxy_api_key": "pwd"}}, []),
        ({"tls": {"proxy_url": "ftp://x:1"}}, ["tls.proxy_url"]),
        ({"tls": {"proxy_url": "socks5://127.0.0.1:9"}}, []),
        ({"ollama": {"enabled": True, "host": "0.0.0.0"}}, ["ollama.host"]),
        ({"ollama": {"host": "0.0.0.0"}}, []),
        ({"ollama": {"enabled": True, "host": "0.0.0.0", "allow_remote": True}}, []),
        ({"model_routing": {"x": "nobody"}}, ["model_routing"]),
        ({"model_routing": {"x": "groq"}}, []),
        ({"providers": {"groq": {"api_key": "k", "base_url": "ftp://x"}}}, ["providers"]),
    ],
)
def test_the_key_is_named(told: dict[str, Any], keys: list[str]) -> None:
    assert [key for key, _ in objections_in({})(Settings.model_validate(told))] == keys
