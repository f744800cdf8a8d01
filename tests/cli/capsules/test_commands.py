"""The commands of capsules."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.cli.app import app, main
from codex_proxy.operations.capsules.capsule import encode_capsule
from codex_proxy.storage.request_log.file import LOG_FILE, open_log
from codex_proxy.storage.request_log.writing import Batch
from tests.operations.capsules.samples import call, capsule, kept
from tests.operations.request_log.samples import items, redact


def logged(folder: Path) -> None:
    connection = open_log(folder / LOG_FILE, now=0.0)
    Batch(connection, redact, lambda _: None).write(items(2))
    connection.close()


def test_a_capsule_is_written_for_its_owner_alone(tmp_path: Path) -> None:
    logged(tmp_path)
    file = tmp_path / "bug.json"
    told = CliRunner().invoke(app, ["capsule", "req_1", "-o", str(file), "--data-dir", str(tmp_path)])
    assert (told.exit_code, told.exception) == (0, None), told.output
    assert json.loads(file.read_text())["record"]["id"] == "req_1"
    assert file.stat().st_mode & 0o777 == 0o600
    assert "cannot be played again" in told.stderr
    assert "logs.capture_body" in told.stderr
    again = CliRunner().invoke(app, ["capsule", "req_1", "-o", str(file), "--data-dir", str(tmp_path)])
    assert isinstance(again.exception, StartRefused)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"no capsule", "no capsule"),
        (encode_capsule(capsule(exchange=None)), "logs.capture_body"),
        (encode_capsule(capsule(call(), question=kept("{", cut=True))), "logs.max_body_bytes"),
        (None, "cannot be read"),
    ],
)
def test_what_cannot_be_played_is_refused_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, why: str
) -> None:
    file = tmp_path / "bug.json"
    if content is not None:
        file.write_bytes(content)
    assert left_with("replay", file) == 2
    told = capsys.readouterr().err
    assert why in told
    assert told.count("\n") == 1


@pytest.mark.parametrize(("status", "code"), [(400, 0), (502, 1)])
def test_the_exit_code_tells_whether_the_same_came_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], status: int, code: int
) -> None:
    record = {
        "id": "req_1",
        "status": status,
        "failure": "invalid_request",
        "attempts": [{"outcome": "invalid_request"}],
    }
    refused = call('{"error":{"message":"no","type":"invalid_request_error"}}', status=400)
    played = capsule(refused, record=record, answer=kept("{", cut=True))
    file = tmp_path / "bug.json"
    file.write_bytes(encode_capsule(played))
    assert left_with("replay", file) == code
    told = capsys.readouterr().out
    assert ("then: 502" in told) is (code == 1)
    assert "not compared, since it was not kept whole: the client's answer" in told


def left_with(command: str, file: Path) -> object:
    """The exit code of the program."""
    with pytest.raises(SystemExit) as left:
        main([command, str(file)])
    return left.value.code or 0
