"""The configuration, shown and checked."""

import io
import json
from pathlib import Path

from rich.console import Console

from codex_proxy.bootstrap.run import ServeOptions
from codex_proxy.cli.config import check_lines, show_config
from codex_proxy.cli.settings.reaching import settings_reached
from codex_proxy.settings.load import known_keys, load_settings
from codex_proxy.settings.telling import MASKED


async def shown(data_dir: Path, *, as_json: bool = False, **environ: str) -> str:
    file = io.StringIO()
    async with settings_reached(ServeOptions(flags={}, data_dir=data_dir), environ) as gateway:
        await show_config(gateway, Console(file=file, soft_wrap=True), as_json=as_json)
    return file.getvalue()


async def test_every_key_is_shown_with_its_source_and_no_secret(tmp_path: Path) -> None:
    index = "https://mine:hidden@index.example/simple"
    environ = {"CODEX_JWT_TOKEN": "hush", "PORT": "9", "CODEX_PROXY_UPDATE__INDEX_URL": index}
    text = await shown(tmp_path, as_json=True, **environ)
    told = {name: (each["value"], each["source"], each["origin"]) for name, each in json.loads(text).items()}
    assert list(told) == list(known_keys())
    assert told["auth.jwt_token"] == (MASKED, "environment CODEX_JWT_TOKEN", "environment")
    assert told["server.port"] == (9, "environment PORT", "environment")
    assert told["server.proxy_api_key"] == (None, "default", "default")
    assert told["update.index_url"][0] == "https://(not shown)@index.example/simple"


async def test_the_table_says_the_same(tmp_path: Path) -> None:
    out = await shown(tmp_path, PORT="9", CODEX_JWT_TOKEN="hush")
    line = next(line for line in out.splitlines() if line.startswith("server.port "))
    assert line.split() == ["server.port", "9", "environment", "PORT", "restart"]
    assert "hush" not in out


def test_defaults_have_nothing_to_say(tmp_path: Path) -> None:
    assert checked(tmp_path) == ["the configuration can be used"]


def test_what_has_no_effect_is_told_with_the_reason(tmp_path: Path) -> None:
    told = checked(tmp_path, CODEX_PROXY_WS_POOL__MAX_PER_ACCOUNT="3")
    assert told[0].endswith("ws_pool.max_per_account has no effect here: the backend is asked over HTTP alone")


def checked(data_dir: Path, **environ: str) -> list[str]:
    return list(check_lines(load_settings(flags={}, environ=environ, data_dir=data_dir)))
