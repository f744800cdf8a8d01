"""The command line as a process: exit codes, one sentence, no traceback."""

import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from codex_proxy import __version__
from codex_proxy.cli.app import main

COMMAND = [sys.executable, "-m", "codex_proxy"]


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    known = {name: value for name, value in os.environ.items() if not name.startswith("CODEX_")}
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, timeout=60, check=False, env=known | environ
    )


@contextmanager
def running(*arguments: str, **environ: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process once it listens, and its URL; asked to stop at the end."""
    with subprocess.Popen(
        [*COMMAND, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **environ},
    ) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"listening on (http://\S+)", process.stdout.readline())
            assert found
            yield process, found[1]
        finally:
            process.terminate()


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["version"])
    assert (ended.value.code, capsys.readouterr().out) == (0, f"codex-proxy {__version__}\n")


@pytest.mark.parametrize(
    ("arguments", "text", "words"),
    [
        (("config", "check"), "server: [", "not valid YAML"),
        (("config", "check"), "server:\n  prot: 1\n", "did you mean server.port?"),
        (("serve",), "server:\n  port: many\n", "server.port"),
        (("serve", "scenario.yaml"), "", "--simulate"),
        (("serve", "--simulate", "none.yaml"), "", "scenario"),
    ],
)
def test_what_cannot_be_used_is_one_sentence_and_status_2(
    tmp_path: Path, arguments: tuple[str, ...], text: str, words: str
) -> None:
    (tmp_path / "local.yaml").write_text(text)
    ended = run(*arguments, "--data-dir", str(tmp_path))
    assert ended.returncode == 2
    assert words in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    assert "Traceback" not in ended.stderr


def test_an_unusable_data_directory_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    ended = run("serve", "--data-dir", str(tmp_path / "file" / "data"))
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)


def test_a_gateway_serves_until_it_is_asked_to_stop(tmp_path: Path) -> None:
    with running("serve", "--simulate", "--port", "0", "--data-dir", str(tmp_path)) as (process, url):
        with urllib.request.urlopen(f"{url}/health", timeout=10) as reply:
            assert reply.status == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


def test_the_backend_runs_alone(tmp_path: Path) -> None:
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text("rules: []")
    with running("simulate", "--port", "0", "--scenario", str(scenario), "--seed", "7") as (_, url):
        assert url.endswith("/backend-api")
        with urllib.request.urlopen(f"{url}/__journal", timeout=10) as reply:
            assert reply.read() == b'{"entries":[]}'


def test_of_a_key_that_can_do_nothing_here_the_reason_is_said(tmp_path: Path) -> None:
    ended = run("config", "check", "--data-dir", str(tmp_path), CODEX_PROXY_UPDATE__AUTO_DOWNLOAD="true")
    assert ended.returncode == 0
    told, verdict = ended.stdout.splitlines()
    name = "update.auto_download"
    assert told.startswith(f"environment CODEX_PROXY_UPDATE__AUTO_DOWNLOAD: {name} has no effect here: the gateway has")
    assert verdict == "the configuration can be used"
