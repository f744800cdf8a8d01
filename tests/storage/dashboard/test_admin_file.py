"""``admin.json``."""

from pathlib import Path

import pytest

from codex_proxy.operations.access.kept import AdminUnreadable, KeptAdmin, KeptPassword, SecondFactor, SetupLink
from codex_proxy.storage.dashboard.admin_file import AdminFile
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


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff", b'{"version":1,"kept":{"factor":{"secret":"x"}}}'])
def test_s_06_a_damaged_file_is_never_no_password(tmp_path: Path, content: bytes) -> None:
    file = AdminFile(tmp_path, KeyFile(tmp_path))
    file.path.write_bytes(content)
    with pytest.raises(AdminUnreadable, match="damaged"):
        file.load()
    assert file.path.read_bytes() == content
