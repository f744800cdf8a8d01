"""Sealing everything anew."""

from pathlib import Path

import pytest

from codex_proxy.bootstrap.commands.rotating import rotate_sealing_key
from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.operations.access.kept import KeptAdmin, SecondFactor
from codex_proxy.settings.load import LoadedSettings, load_settings
from codex_proxy.storage.dashboard.admin_file import AdminFile
from codex_proxy.storage.opening import DATABASE_FILE
from codex_proxy.storage.sealing.sources import KeyFile

TOTP = "JBSWY3DPEHPK3PXP"


def settings(data_dir: Path) -> LoadedSettings:
    return load_settings(flags={}, environ={}, data_dir=data_dir, config_file=None)


async def test_the_second_factor_is_read_with_the_new_key_alone(tmp_path: Path) -> None:
    loaded, keys = settings(tmp_path), KeyFile(tmp_path)
    AdminFile(tmp_path, keys).save(KeptAdmin(factor=SecondFactor(secret=TOTP)))
    (old,) = keys.read()
    await rotate_sealing_key(loaded, {})
    (new,) = KeyFile(tmp_path).read()
    assert new != old
    factor = AdminFile(tmp_path, KeyFile(tmp_path)).load().factor
    assert factor is not None
    assert factor.secret == TOTP


async def test_a_store_that_cannot_be_used_keeps_its_key(tmp_path: Path) -> None:
    keys = KeyFile(tmp_path)
    before = keys.read()
    (tmp_path / DATABASE_FILE).write_bytes(b"no database" * 1000)
    with pytest.raises(StartRefused, match="cannot be used"):
        await rotate_sealing_key(settings(tmp_path), {})
    assert KeyFile(tmp_path).read() == before
