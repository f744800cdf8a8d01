"""The effective configuration, shown."""

import json
from pathlib import Path

import pytest

from codex_proxy.cli.config import check_lines, show_json, show_table
from codex_proxy.settings.load import LoadedSettings, known_keys, load_settings
from codex_proxy.settings.telling import MASKED


def loaded(data_dir: Path, **environ: str) -> LoadedSettings:
    return load_settings(flags={}, environ=environ, data_dir=data_dir)


def test_every_key_is_shown_with_its_source_and_no_secret(tmp_path: Path) -> None:
    told = json.loads(show_json(loaded(tmp_path, CODEX_JWT_TOKEN="hush", PORT="9")))
    assert list(told) == list(known_keys())
    assert told["auth.jwt_token"] == {"value": MASKED, "source": "environment CODEX_JWT_TOKEN"}
    assert told["server.port"] == {"value": 9, "source": "environment PORT"}
    assert told["server.proxy_api_key"] == {"value": None, "source": "default"}


def test_the_table_says_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show_table(loaded(tmp_path, PORT="9", CODEX_JWT_TOKEN="hush"))
    out = capsys.readouterr().out
    assert "environment PORT" in out
    assert "hush" not in out


def test_defaults_have_nothing_to_say(tmp_path: Path) -> None:
    assert list(check_lines(loaded(tmp_path))) == ["the configuration can be used"]


def test_what_has_no_effect_is_told_with_the_reason(tmp_path: Path) -> None:
    told = list(check_lines(loaded(tmp_path, CODEX_PROXY_WS_POOL__MAX_PER_ACCOUNT="3")))
    assert told[0].endswith("ws_pool.max_per_account has no effect here: the backend is asked over HTTP alone")
