"""The commands of capsules."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.cli.app import app
from codex_proxy.operations.capsules.capsule import encode_capsule
from codex_proxy.storage.request_log.file import LOG_FILE, open_log
from codex_proxy.storage.request_log.writing import Batch
from tests.operations.capsules.samples import capsule
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
    again = CliRunner().invoke(app, ["capsule", "req_1", "-o", str(file), "--data-dir", str(tmp_path)])
    assert isinstance(again.exception, StartRefused)


@pytest.mark.parametrize("content", [b"no capsule", encode_capsule(capsule(exchange=None)), None])
def test_what_cannot_be_played_is_refused_in_one_sentence(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "bug.json"
    if content is not None:
        file.write_bytes(content)
    told = CliRunner().invoke(app, ["replay", str(file)])
    assert isinstance(told.exception, StartRefused)
