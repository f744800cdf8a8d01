"""How this very program was installed, and programs that are run."""

import os
import sys
from pathlib import Path

from codex_proxy.bootstrap.process.installed import REQUIREMENTS_FILE, ThisMachine, installed_facts


def test_this_is_a_checkout(tmp_path: Path) -> None:
    told = installed_facts(os.environ)
    assert told.is_editable
    assert told.has_own_environment
    assert told.python == sys.executable
    assert "postgres" in told.extras


def test_receipts_and_caches_tell_who_made_an_environment(tmp_path: Path) -> None:
    assert not installed_facts({}, prefix=tmp_path).has_uv_receipt
    (tmp_path / "uv-receipt.toml").touch()
    (tmp_path / "pipx_metadata.json").touch()
    told = installed_facts({"PATH": ""}, prefix=tmp_path)
    assert (told.has_uv_receipt, told.has_pipx_record, told.uv) == (True, True, None)
    assert installed_facts({}, prefix=tmp_path / "archive-v0" / "x").is_cached
    assert installed_facts({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, prefix=tmp_path).in_container


async def test_a_program_is_run_without_input_and_without_our_secrets(tmp_path: Path) -> None:
    machine = ThisMachine({**os.environ, "CODEX_PROXY_SECRET_KEY": "secret"}, tmp_path)
    script = "import os, sys; print(sys.stdin.read(), 'CODEX_PROXY_SECRET_KEY' in os.environ); sys.exit(3)"
    ran = await machine.run((sys.executable, "-c", script))
    assert (ran.status, ran.output.split()) == (3, ["False"])
    missing = await machine.run(("/nowhere/uv",))
    assert (missing.status, "cannot be run" in missing.output) == (1, True)


async def test_a_file_takes_the_place_of_the_last_one(tmp_path: Path) -> None:
    machine = ThisMachine({}, tmp_path)
    paths = {await machine.write(text) for text in ("codex-proxy==1\n", "codex-proxy==2\n")}
    assert paths == {str(tmp_path / REQUIREMENTS_FILE)}
    assert (tmp_path / REQUIREMENTS_FILE).read_text(encoding="utf-8") == "codex-proxy==2\n"
