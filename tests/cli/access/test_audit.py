"""``codex-proxy audit``."""

import json
from pathlib import Path

import pytest
from rich.console import Console

from codex_proxy.cli.access.audit import show_entries
from codex_proxy.cli.app import main


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return int(ended.value.code or 0)


def test_changes_are_listed_and_a_cut_log_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = ("--data-dir", str(tmp_path))
    for _ in range(2):
        assert run("password", "link", *place) == 0
    capsys.readouterr()
    assert run("audit", "list", "--json", *place) == 0
    entries = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(entry["who"], entry["action"]) for entry in entries] == [
        ("commands", "POST /admin/dashboard-setup-link")
    ] * 2
    assert run("audit", "verify", *place) == 0
    assert "whole: 2 entries" in capsys.readouterr().out
    log = tmp_path / "audit.jsonl"
    log.write_bytes(log.read_bytes().splitlines(keepends=True)[0])
    assert run("audit", "verify", *place) == 1
    assert "entries 2 to 2 are missing at the end" in capsys.readouterr().err


def test_what_strangers_called_themselves_is_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    entry = {"seq": 1, "at": "t", "who": "nobody", "address": "::1", "action": "POST /x", "target": "[red]x[/red]"}
    show_entries([{**entry, "details": {"fields": "ids"}}], Console(width=200), as_json=False)
    shown = capsys.readouterr().out
    assert "[red]x[/red]" in shown
    assert "fields=ids" in shown
