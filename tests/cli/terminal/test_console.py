"""What commands show of texts of others."""

import io

import pytest
from rich.console import Console
from rich.table import Table
from rich.text import Text

from codex_proxy.cli.terminal.console import COLUMNS, SHOWN_AS, PlainText, console, plain

EVIL = "\x1b[31mred\x1b]0;title\x07 \x9b2J \u202etxt.exe\r\x08"


@pytest.mark.parametrize(
    "character", ["\x00", "\x07", "\x08", "\r", "\x1b", "\x7f", "\x9b", "\u202e", "\u2066", "\u2028"]
)
def test_what_a_terminal_obeys_is_shown(character: str) -> None:
    assert plain(f"a{character}b") == f"a{SHOWN_AS}b"


def test_everything_else_stays() -> None:
    told = "Zoë 日本語 🙂\t[a]\nnext"
    assert plain(told) == told


def test_tables_and_lines_hold_no_commands_of_others(capsys: pytest.CaptureFixture[str]) -> None:
    shown = console()
    table = Table("name")
    table.add_row(Text(EVIL))
    shown.print(table)
    shown.print(EVIL, markup=False, highlight=False)
    console(stderr=True).print(EVIL, markup=False)
    seen = capsys.readouterr()
    assert seen.out.count("txt.exe") == 2
    for text in (seen.out, seen.err):
        assert plain(text) == text
        assert "red" in text


def test_colours_of_our_own_stay() -> None:
    seen = io.StringIO()
    shown = Console(file=seen, force_terminal=True, color_system="standard")
    shown.push_render_hook(PlainText())
    shown.print(Text("a\x1bb", style="red"))
    assert seen.getvalue() == f"\x1b[31ma{SHOWN_AS}b\x1b[0m\n"


def test_nothing_of_a_table_is_cut_off_in_a_file(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = Table("what", "details")
    table.add_row("one", "x" * 300)
    monkeypatch.delenv(COLUMNS, raising=False)
    console().print(table)
    assert "x" * 300 in capsys.readouterr().out
    monkeypatch.setenv(COLUMNS, "80")
    console().print(table)
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80
