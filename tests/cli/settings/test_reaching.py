"""Who is asked; with a gateway that runs: ``tests/scenarios/test_settings``."""

from pathlib import Path

import pytest

from codex_proxy.bootstrap.run import ServeOptions
from codex_proxy.cli.settings.reaching import settings_reached
from codex_proxy.settings.checks.faults import SettingsError


async def test_without_a_gateway_the_file_is_changed_and_no_store_is_made(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    options = ServeOptions(flags={}, data_dir=tmp_path / "data", config_file=file)
    file.write_text("# mine\n")
    async with settings_reached(options, {}) as gateway:
        await gateway.ask("POST", "/admin/settings", {"values": {"auth.queue_limit": 5}})
    assert file.read_text() == "# mine\nauth:\n  queue_limit: 5\n"
    assert not (tmp_path / "data" / "codex-proxy.sqlite").exists()


async def test_without_a_gateway_a_file_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "local.yaml").write_text("auth:\n  queue_limt: 5\n")
    with pytest.raises(SettingsError, match=r"local\.yaml:2: unknown key auth\.queue_limt"):
        async with settings_reached(ServeOptions(flags={}, data_dir=tmp_path), {}):
            pass
