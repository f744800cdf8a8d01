"""Settings changed, edited by hand, and taken back."""

import asyncio
from typing import Any

import msgspec
import pytest

from codex_proxy.operations.settings.book import MASKED, Change
from codex_proxy.operations.settings.history import NothingToUndo, UndoConflict
from codex_proxy.operations.settings.parts import (
    CannotFollow,
    FileChanged,
    FileUnusable,
    RevisionConflict,
    SettingsNotKept,
    SettingsRefused,
    Wrong,
)
from tests.operations.settings.stage import Stage


async def changed(stage: Stage, name: str = "a.live", value: Any = 2, expected: str | None = None) -> None:
    await stage.book.change(Change(values={name: value}, by="api", expected=expected))


async def looked(stage: Stage, text: str) -> None:
    """Somebody edits the file, and it is looked at until it was seen to stand still."""
    stage.file.text = text
    for _ in range(3):
        assert await stage.book.look()


async def test_a_change_is_followed_kept_and_recorded() -> None:
    stage = Stage()
    before = stage.book.revision
    await changed(stage)
    assert stage.file.text == '{"a.live":2}'
    assert stage.following.heard == [{"a.live": 2, "a.restart": 1, "a.key": None}]
    assert stage.book.shown("a.live") == 2
    assert stage.book.revision != before
    (revision,) = await stage.book.revisions()
    assert (revision.by, revision.changed_at) == ("api", 1000.0)
    await stage.book.keep({"a.live": msgspec.UNSET})
    assert (stage.file.text, stage.book.revision) == ("", before)


async def test_what_says_nothing_new_writes_nothing() -> None:
    stage = Stage('{"a.live":2}')
    await changed(stage)
    assert (stage.file.writes, stage.following.heard, stage.revisions.kept) == (0, [], ())


async def test_a_key_that_is_not_live_waits_for_a_start() -> None:
    stage = Stage()
    await changed(stage, "a.restart", 5)
    assert stage.book.configured.pending == ("a.restart",)


@pytest.mark.parametrize(
    ("name", "value", "error", "words"),
    [
        ("a.none", 1, SettingsRefused, "unknown key a.none"),
        ("a.live", 13, SettingsRefused, "a.live: unlucky"),
        ("a.live", 7, CannotFollow, "7 is taken"),
        ("a.key", "full", SettingsNotKept, "disk full"),
    ],
)
async def test_what_cannot_be_changes_nothing(name: str, value: Any, error: type[Exception], words: str) -> None:
    stage = Stage('{"a.live":2}')
    with pytest.raises(error, match=words) as caught:
        await changed(stage, name, value)
    assert (stage.file.text, stage.revisions.kept) == ('{"a.live":2}', ())
    assert stage.book.shown("a.live") == 2
    assert not stage.following.heard or stage.following.heard[-1]["a.key"] is None
    if isinstance(caught.value, SettingsRefused):
        assert [fault.source for fault in caught.value.faults] == ["request"]


async def test_who_knew_another_revision_is_refused() -> None:
    stage = Stage()
    known = stage.book.revision
    await changed(stage, expected=known)
    with pytest.raises(RevisionConflict) as caught:
        await changed(stage, value=3, expected=known)
    assert caught.value.revision == stage.book.revision
    assert stage.book.shown("a.live") == 2
    stage.file.text = '{"a.live":4}'
    with pytest.raises(RevisionConflict):  # edited by hand, and not looked at yet
        await changed(stage, value=3, expected=stage.book.revision)
    assert stage.book.shown("a.live") == 4


async def test_who_writes_at_the_same_moment_is_not_overwritten() -> None:
    stage = Stage()
    stage.file.on_write = '{"a.live":9}'
    with pytest.raises(FileChanged):
        await changed(stage)
    assert stage.file.text == '{"a.live":9}'
    assert stage.following.heard[-1]["a.live"] == 1
    await changed(stage, "a.restart", 3)
    assert stage.book.configured.in_file == {"a.live": 9, "a.restart": 3}


async def test_changes_at_the_same_time_are_all_kept() -> None:
    stage = Stage()
    async with asyncio.TaskGroup() as group:
        for name in ("a.live", "a.restart", "a.key"):
            group.create_task(changed(stage, name, 5))
    assert stage.book.configured.in_file == {"a.live": 5, "a.restart": 5, "a.key": 5}
    assert len(stage.revisions.kept) == 3


async def test_a_file_edited_badly_is_told_once_and_then_well_is_followed() -> None:
    stage = Stage('{"a.live":2}')
    await looked(stage, '{"a.live":13}')
    fault = Wrong(message="unlucky", source="file:2", key="a.live", file="file", line=2)
    assert (stage.book.faults, stage.book.shown("a.live")) == ((fault,), 2)
    assert stage.told == [("the configuration file cannot be used; the old settings stay", (fault,))]
    with pytest.raises(FileUnusable, match=r"has to be repaired first: file:2: a\.live: unlucky"):
        await changed(stage)
    await looked(stage, '{"a.live":7}')
    assert [str(each) for each in stage.book.faults] == ["a.live: 7 is taken"]
    await looked(stage, '{"a.live":3}')
    assert (stage.book.faults, stage.book.shown("a.live")) == ((), 3)
    assert stage.told[-1] == ("the configuration file was read anew", ())
    assert [revision.by for revision in await stage.book.revisions()] == ["file"]


async def test_a_bad_file_that_is_put_back_is_no_fault_any_more() -> None:
    stage = Stage('{"a.live":2}')
    await looked(stage, "{")
    assert stage.book.faults
    await looked(stage, '{"a.live":2}')
    assert stage.book.faults == ()


async def test_a_file_that_cannot_be_read_is_told_and_changes_nothing() -> None:
    stage = Stage('{"a.live":2}')
    await looked(stage, '{"a.live":2}')
    stage.file.broken = "file cannot be read: Permission denied"
    await looked(stage, '{"a.live":5}')
    assert [str(each) for each in stage.book.faults] == ["file cannot be read: Permission denied"]
    assert stage.book.shown("a.live") == 2
    stage.file.broken = ""
    await looked(stage, '{"a.live":5}')
    assert (stage.book.faults, stage.book.shown("a.live")) == ((), 5)


async def test_a_file_is_followed_once_it_stood_still() -> None:
    stage = Stage()
    seen = []
    for text in ("", '{"a.live":2}', '{"a.live":3}', '{"a.live":3}', '{"a.live":3}'):
        stage.file.text = text
        await stage.book.look()
        seen.append(stage.book.shown("a.live"))
    assert seen == [1, 1, 1, 3, 3]
    assert len(stage.following.heard) == 1


async def test_a_reload_does_not_wait() -> None:
    stage = Stage()
    stage.file.text = '{"a.live":3}'
    await stage.book.reload()
    assert stage.book.shown("a.live") == 3
    stage.file.text = "{"
    with pytest.raises(FileUnusable):
        await stage.book.reload()


async def test_a_secret_is_masked_kept_out_of_revisions_and_stays_where_the_mask_comes_back() -> None:
    stage = Stage()
    await changed(stage, "a.key", "s3cr3t")
    assert stage.book.shown("a.key") == MASKED
    assert b"s3cr3t" not in msgspec.json.encode(stage.revisions.kept)
    await changed(stage, "a.key", MASKED)
    assert stage.book.configured.values["a.key"] == "s3cr3t"
    with pytest.raises(NothingToUndo):
        await stage.book.undo(None, by="api")


async def test_a_change_is_taken_back_and_taken_back_again() -> None:
    stage = Stage()
    await changed(stage)
    await changed(stage, "a.restart", 3)
    undone = await stage.book.undo(1, by="api")
    assert (undone.number, stage.book.configured.in_file) == (1, {"a.restart": 3})
    await stage.book.undo(None, by="api")
    assert stage.book.configured.in_file == {"a.live": 2, "a.restart": 3}
    assert [each.by for each in await stage.book.revisions()] == [
        "undo of 3 (api)", "undo of 1 (api)", "api", "api",
    ]  # fmt: skip
    await changed(stage, "a.restart", 4)
    with pytest.raises(UndoConflict, match=r"a\.restart"):
        await stage.book.undo(2, by="api")
    with pytest.raises(RevisionConflict):
        await stage.book.undo(None, by="api", expected="another")


async def test_a_revision_that_cannot_be_kept_is_told_and_the_change_holds() -> None:
    stage = Stage()
    stage.revisions.broken = True
    await changed(stage)
    assert stage.book.shown("a.live") == 2
    assert stage.told == [("a change of settings cannot be taken back later: disk full", ())]


async def test_whoever_goes_away_meanwhile_leaves_no_half_of_a_change() -> None:
    stage = Stage()
    async with asyncio.timeout(10):
        task = asyncio.ensure_future(changed(stage))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert stage.file.text == '{"a.live":2}'
    assert (stage.book.shown("a.live"), len(stage.revisions.kept)) == (2, 1)
    await changed(stage, value=3)
    assert stage.book.shown("a.live") == 3
