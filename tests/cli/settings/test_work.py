"""What words on a command line mean, and what is said of a change."""

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from codex_proxy.bootstrap.run import ServeOptions
from codex_proxy.cli.settings.reaching import settings_reached
from codex_proxy.cli.settings.work import read_value, set_setting
from codex_proxy.settings.telling import schema_of


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("auth.queue_limit", "5", 5),
        ("auth.queue_limit", "x", "x"),
        ("auth.max_concurrent_per_account", "null", None),
        ("auth.refresh_enabled", "true", True),
        ("model.default", "5", "5"),
        ("model.default", "null", "null"),
        ("model.default_service_tier", "null", None),
        ("model.default_reasoning_effort", "high", "high"),
        ("auth.rotation_strategy", "sticky", "sticky"),
        ("model.aliases", '{"a":"b"}', {"a": "b"}),
        ("server.names", '["a"]', ["a"]),
    ],
)
def test_a_word_is_what_its_key_wants(name: str, text: str, value: Any) -> None:
    assert read_value(text, schema_of(name)) == value


async def said(data_dir: Path, name: str, text: str, **environ: str) -> str:
    console = Console(file=io.StringIO(), soft_wrap=True)
    async with settings_reached(ServeOptions(flags={}, data_dir=data_dir), environ) as gateway:
        await set_setting(gateway, console, name, text)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().strip()


async def test_it_is_said_what_wins_over_a_change_and_when_it_counts(tmp_path: Path) -> None:
    assert await said(tmp_path, "server.port", "9000", PORT="7") == (
        "server.port is kept, but environment PORT wins over it: 7"
    )
    assert await said(tmp_path, "auth.queue_limit", "5") == "auth.queue_limit is 5"
    assert await said(tmp_path, "server.host", "::1") == "server.host is ::1 after a restart"
