"""The commands with their arguments."""

import json
from pathlib import Path

import pytest

from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.cli.asking import GatewayRefused
from tests.cli.settings.shell import lines, run


def test_settings_are_set_shown_taken_out_and_brought_back(tmp_path: Path) -> None:
    assert lines(tmp_path, "set", "auth.queue_limit", "5") == ["auth.queue_limit is 5"]
    assert lines(tmp_path, "set", "model.default", "gpt-5.5") == ["model.default is gpt-5.5"]
    assert lines(tmp_path, "get", "auth.queue_limit") == ["5"]
    assert json.loads("\n".join(lines(tmp_path, "get", "model.default", "--json")))["default"] == "gpt-5.4"
    shown = lines(tmp_path, "list", "--changed")
    assert [line.split()[0] for line in shown] == ["key", "model.default", "auth.queue_limit"]
    listed = json.loads("\n".join(lines(tmp_path, "list", "auth.queue", "--json")))
    assert [view["key"] for view in listed] == ["auth.queue_timeout_ms", "auth.queue_limit"]
    assert lines(tmp_path, "unset", "auth.queue_limit", "model.default") == [
        "auth.queue_limit is 64",
        "model.default is gpt-5.4",
    ]
    assert lines(tmp_path, "undo") == [
        "revision 3 was taken back",
        "auth.queue_limit is 5",
        "model.default is gpt-5.5",
    ]
    history = lines(tmp_path, "history")
    assert [line.split()[0] for line in history] == ["number", "4", "4", "3", "3", "2", "1"]
    assert lines(tmp_path, "undo", "2") == ["revision 2 was taken back", "model.default is gpt-5.4"]


def test_a_negative_number_is_a_value(tmp_path: Path) -> None:
    result = run(tmp_path, "set", "auth.queue_limit", "-1")
    assert isinstance(result.exception, GatewayRefused)
    assert "greater than or equal to 0" in str(result.exception)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (("get", "auth.queue_limt"), StartRefused, "did you mean auth.queue_limit?"),
        (("set", "api.base_url", "https://x.example"), GatewayRefused, "in the configuration file"),
        (("unset", "auth.queue_limt"), GatewayRefused, "did you mean auth.queue_limit?"),
        (("undo",), GatewayRefused, "there is no change to take back"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    tmp_path: Path, arguments: tuple[str, ...], error: type[Exception], words: str
) -> None:
    result = run(tmp_path, *arguments)
    assert isinstance(result.exception, error)
    assert words in str(result.exception)
