"""Model lists come back after a restart."""

import stat
from pathlib import Path

import msgspec
import pytest

from codex_proxy.canonical.target import ModelFacts
from codex_proxy.operations.catalogue.kept import KeptLists, ListsUnreadable, PlanList
from codex_proxy.storage.catalogue.lists_file import LISTS_FILE, ListsFile

MODEL = ModelFacts(slug="gpt-5.5", efforts=("low",), context_window=9, raw={"slug": "gpt-5.5", "deep": [{"a": None}]})
KEPT = KeptLists(
    base_url="http://upstream",
    plans={"plus": PlanList(models=(MODEL,), fetched_at=12.5, client_version="0.169.0", etag='W/"1"')},
)


def test_what_was_kept_comes_back(tmp_path: Path) -> None:
    file = ListsFile(tmp_path)
    assert file.load() is None
    file.keep(KEPT)
    assert ListsFile(tmp_path).load() == KEPT
    assert stat.S_IMODE((tmp_path / LISTS_FILE).stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        msgspec.json.encode(msgspec.structs.replace(KEPT, version=2)),
        msgspec.json.encode(KEPT)[:-20],
        b'{"version": 1, "base_url": "x", "plans": {"plus": {"models": [{"slug": 5}]}}}',
    ],
)
def test_what_holds_something_else_is_said_and_left_alone(tmp_path: Path, content: bytes) -> None:
    (tmp_path / LISTS_FILE).write_bytes(content)
    with pytest.raises(ListsUnreadable):
        ListsFile(tmp_path).load()
    assert (tmp_path / LISTS_FILE).read_bytes() == content
    ListsFile(tmp_path).keep(KEPT)
    assert ListsFile(tmp_path).load() == KEPT


def test_a_place_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / LISTS_FILE).mkdir()
    with pytest.raises(ListsUnreadable, match="cannot be read"):
        ListsFile(tmp_path).load()
    with pytest.raises(ListsUnreadable, match="cannot be written"):
        ListsFile(tmp_path / "nowhere").keep(KEPT)
