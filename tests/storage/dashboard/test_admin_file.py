"""``admin.json``."""

from pathlib import Path

import msgspec
import pytest

from codex_proxy.operations.access.kept import AdminUnreadable, KeptAdmin, KeptPassword, SecondFactor, SetupLink
from codex_proxy.storage.dashboard.admin_file import ADMIN_FILE, AdminFile
from codex_proxy.storage.sealing.sources import KeyFile

KEPT = KeptAdmin(
    password=KeptPassword(digest="$argon2id$", set_at=1.0),
    link=SetupLink(digest="d", expires_at=2.0),
    factor=SecondFactor(secret="JBSWY3DPEHPK3PXP", confirmed=True, last_step=7, recovery=("r",)),
)


def test_what_is_kept_comes_back_and_the_factors_secret_is_sealed(tmp_path: Path) -> None:
    file = AdminFile(tmp_path, KeyFile(tmp_path))
    assert file.load() == KeptAdmin()
    file.save(KEPT)
    assert file.load() == KEPT
    assert file.path.stat().st_mode & 0o777 == 0o600
    assert b"JBSWY3DPEHPK3PXP" not in file.path.read_bytes()
    before = file.path.read_bytes()
    file.reseal()
    assert file.load() == KEPT
    assert file.path.read_bytes() != before
    assert "JBSWY" not in repr(KEPT)
    assert "argon2" not in repr(KEPT)


@pytest.mark.parametrize("secret", ["x", "JBSWY3DPEHPK3PXP", "jbswy3dpehpk3pxp", "JBSWY3DPEHPK3PX\u00e9"])
def test_s_06_a_secret_that_does_not_open_is_never_no_second_factor(tmp_path: Path, secret: str) -> None:
    file = AdminFile(tmp_path, KeyFile(tmp_path))
    file.path.write_bytes(msgspec.json.encode({"version": 1, "kept": {"factor": {"secret": secret}}}))
    with pytest.raises(AdminUnreadable, match="move the file away and set a new password with: codex-proxy password"):
        file.load()


def test_s_06_a_second_factor_whose_key_is_lost_lets_nobody_in(tmp_path: Path) -> None:
    keys = KeyFile(tmp_path)
    AdminFile(tmp_path, keys).save(KEPT)
    before = (tmp_path / ADMIN_FILE).read_bytes()
    other = KeyFile(tmp_path / "elsewhere")
    with pytest.raises(AdminUnreadable, match="put that key"):
        AdminFile(tmp_path, other).load()
    with pytest.raises(AdminUnreadable, match="put that key"):
        AdminFile(tmp_path, other).reseal()
    assert (tmp_path / ADMIN_FILE).read_bytes() == before


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff"])
def test_s_06_a_damaged_file_is_never_no_password(tmp_path: Path, content: bytes) -> None:
    file = AdminFile(tmp_path, KeyFile(tmp_path))
    file.path.write_bytes(content)
    with pytest.raises(AdminUnreadable, match="damaged"):
        file.load()
    assert file.path.read_bytes() == content
