"""What the owner reads."""

from pathlib import Path

import pytest

from codex_proxy.bootstrap.commands.greeting import Greeting, greet
from codex_proxy.bootstrap.run import ServeOptions, Serving, serving


def greeting(served: Serving, *, has_own_key: bool = False) -> Greeting:
    return Greeting(
        url=served.url,
        bridge=served.bridge,
        keys=served.keys,
        access_path=served.access_path,
        has_own_key=has_own_key,
    )


async def test_keys_are_shown_by_the_start_that_made_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ServeOptions(flags={"server.port": 0, "ollama.enabled": True, "ollama.port": 0}, data_dir=tmp_path)
    async with serving(options, {}) as first:
        greet(greeting(first))
        shown = capsys.readouterr().out
        assert f"codex-proxy listening on {first.url}\nOllama bridge listening on http://127.0.0.1:" in shown
        assert "\nadmin key:     cpa-" in shown
        assert "\ninference key: cp-" in shown
        greet(greeting(first, has_own_key=True))
        assert capsys.readouterr().out.endswith("client key: server.proxy_api_key, with all scopes\n")
    async with serving(options, {}) as second:
        greet(greeting(second))
        assert "made by an earlier start" in capsys.readouterr().out
