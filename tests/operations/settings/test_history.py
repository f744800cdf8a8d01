"""What was changed, and what takes it back."""

import msgspec
import pytest

from codex_proxy.operations.settings.history import (
    MOST_REVISIONS,
    KeyChange,
    NothingToUndo,
    UndoConflict,
    changes_between,
    found,
    undoing,
    with_revision,
)

BEFORE = {"a.b": 1, "a.c": "x", "a.key": "old"}
AFTER = {"a.b": 2, "a.d": None, "a.key": "new"}
CHANGES = changes_between(BEFORE, AFTER, {"a.key"})


def test_what_differs_is_kept_but_for_a_secret() -> None:
    assert (
        KeyChange(key="a.b", before=1, after=2),
        KeyChange(key="a.c", before="x"),
        KeyChange(key="a.d", after=None),
        KeyChange(key="a.key", secret=True),
    ) == CHANGES
    assert b"old" not in msgspec.json.encode(CHANGES)


def test_the_values_before_come_back() -> None:
    (revision,) = with_revision([], CHANGES, at=1.0, by="api")
    assert undoing(revision, AFTER) == {"a.b": 1, "a.c": "x", "a.d": msgspec.UNSET}


def test_what_was_changed_again_stays() -> None:
    (revision,) = with_revision([], CHANGES, at=1.0, by="api")
    with pytest.raises(UndoConflict, match=r"changed again since: a\.b, a\.c") as caught:
        undoing(revision, {"a.b": 3, "a.c": "y", "a.d": None})
    assert caught.value.keys == ("a.b", "a.c")


def test_secrets_alone_cannot_be_brought_back() -> None:
    (revision,) = with_revision([], CHANGES[-1:], at=1.0, by="api")
    with pytest.raises(NothingToUndo, match="secrets alone"):
        undoing(revision, AFTER)


def test_the_newest_or_the_one_of_a_number_is_found_and_old_ones_go() -> None:
    kept = with_revision([], CHANGES, at=0.0, by="api")
    for at in range(MOST_REVISIONS):
        kept = with_revision(kept, CHANGES, at=at, by="api")
    assert [len(kept), kept[0].number, kept[-1].number] == [MOST_REVISIONS, 2, MOST_REVISIONS + 1]
    assert found(kept, None).number == MOST_REVISIONS + 1
    assert found(kept, 5).number == 5
    for number, kept_ones in ((1, kept), (None, [])):
        with pytest.raises(NothingToUndo):
            found(kept_ones, number)
