"""How a command finds the gateway that runs on its data directory."""

import os
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from codex_proxy.bootstrap.commands.announcing import Announced, announced, find_running
from codex_proxy.bootstrap.errors import StartRefused

URL = "http://127.0.0.1:8080"


def test_a_gateway_is_found_while_it_runs(tmp_path: Path) -> None:
    assert find_running(tmp_path) is None
    with announced(tmp_path, url=URL, token="secret"):
        assert find_running(tmp_path) == Announced(url=URL, token="secret")
        assert (tmp_path / "runtime.json").stat().st_mode & 0o777 == 0o600
    assert find_running(tmp_path) is None
    assert "secret" not in repr(Announced(url=URL, token="secret"))


def test_the_first_of_two_is_the_one_that_is_spoken_to(tmp_path: Path) -> None:
    first = announced(tmp_path, url=URL, token="first")
    second = announced(tmp_path, url="http://127.0.0.1:9", token="second")
    with capture_logs() as told, first, second:
        assert find_running(tmp_path) == Announced(url=URL, token="first")
    assert ["another gateway" in each["event"] for each in told] == [True]


def test_what_is_left_of_a_gateway_that_died_is_not_believed(tmp_path: Path) -> None:
    (tmp_path / "runtime.json").write_text('{"url":"http://127.0.0.1:1","token":"old"}')
    assert find_running(tmp_path) is None


def test_a_gateway_that_cannot_be_found_out_about_is_said_so(tmp_path: Path) -> None:
    with announced(tmp_path, url=URL, token="secret"):
        (tmp_path / "runtime.json").write_text("{")
        with pytest.raises(StartRefused, match="a gateway runs on this data directory"):
            find_running(tmp_path)


def test_a_directory_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    place = tmp_path / "data"
    place.write_text("a file")
    with pytest.raises(StartRefused, match=r"cannot be written"), announced(place, url=URL, token="t"):
        pytest.fail(f"{os.fspath(place)} is no directory")
