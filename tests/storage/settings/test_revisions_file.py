"""What was changed, kept in a file."""

import stat
from pathlib import Path

import msgspec
import pytest

from codex_proxy.operations.settings.history import KeyChange, Revision
from codex_proxy.operations.settings.parts import RevisionStore, SettingsNotKept
from codex_proxy.storage.settings.revisions_file import REVISIONS_FILE, RevisionsFile

CHANGES = (
    KeyChange(key="a.b", before=None, after=[1]),
    KeyChange(key="a.c", after={"x": "y"}),
    KeyChange(key="a.d", secret=True),
)
REVISION = Revision(number=1, changed_at=1.5, by="api", changes=CHANGES)


def test_what_is_kept_comes_back_for_its_owners_eyes_only(tmp_path: Path) -> None:
    store: RevisionStore = RevisionsFile(tmp_path)
    assert store.load() == ()
    store.keep([REVISION])
    assert store.load() == (REVISION,)
    assert store.load()[0].changes[1].before is msgspec.UNSET
    assert stat.S_IMODE((tmp_path / REVISIONS_FILE).stat().st_mode) == 0o600


def test_what_cannot_be_understood_or_written_is_told(tmp_path: Path) -> None:
    store = RevisionsFile(tmp_path)
    for content in (b"{", b"[{}]", b"\xff"):
        (tmp_path / REVISIONS_FILE).write_bytes(content)
        with pytest.raises(SettingsNotKept, match="cannot be read"):
            store.load()
    with pytest.raises(SettingsNotKept, match="cannot be written"):
        RevisionsFile(tmp_path / "gone").keep([REVISION])
