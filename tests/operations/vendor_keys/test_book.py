"""Keys in memory and the store beside them."""

import pytest

from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.canonical.failure import FailureKind
from codex_proxy.operations.vendor_keys.parts import KeyConfigured, UnknownKey
from codex_proxy.vendors.entries import entry_id
from codex_proxy.vendors.key import KeySource, KeyStatus
from codex_proxy.vendors.pool import NoKey, Wanted
from tests.operations.vendor_keys.stage import Stage
from tests.vendors.samples import failure, key

CONFIGURED = key("settings-mine", name="mine", source=KeySource.SETTINGS, secret="configured")
NOBODY: frozenset[str] = frozenset()


async def test_keys_are_there_after_a_restart_with_how_they_stood() -> None:
    stage = Stage()
    added = await stage.add("m")
    stage.book.pool.used(added.row_id, stage.clock.now())
    stage.book.pool.settle(added.row_id, failure(FailureKind.UNAUTHORIZED), stage.clock.now())
    assert await stage.book.write()
    again = Stage(store=stage.store)
    await again.book.load()
    assert again.book.all_keys() == stage.book.all_keys()
    (kept,) = again.book.all_keys()
    assert (kept.status, kept.last_used_at) == (KeyStatus.ERROR, stage.clock.now())


async def test_what_cannot_be_written_is_written_the_next_time() -> None:
    stage = Stage()
    added = await stage.add("m")
    stage.book.pool.used(added.row_id, 5.0)
    stage.store.broken = True
    with pytest.raises(StoreUnusable):
        await stage.book.write()
    stage.store.broken = False
    await stage.book.write()
    assert [each.last_used_at for each in (await stage.store.load()).keys] == [5.0]


async def test_configured_keys_serve_and_are_never_kept() -> None:
    stage = Stage(CONFIGURED)
    await stage.book.load()
    await stage.add("m")
    assert [each.row_id for each in stage.book.all_keys()] == ["settings-mine", "0000000000000001"]
    stage.book.pool.settle("settings-mine", failure(FailureKind.FORBIDDEN), 5.0)
    await stage.book.write()
    await stage.book.follow()
    assert [each.row_id for each in (await stage.store.load()).keys] == ["0000000000000001"]
    assert stage.book.find("settings-mine").status is KeyStatus.ERROR
    with pytest.raises(KeyConfigured, match="mine"):
        stage.book.find_kept("settings-mine")


async def test_changes_of_another_process_are_taken_in_and_its_view_of_standing_is_not() -> None:
    here = Stage()
    added, other = await here.add("m"), await here.add("m", api_key="another-secret")
    there = Stage(store=here.store)
    await there.book.load()
    here.book.pool.settle(added.row_id, failure(FailureKind.OVERLOADED), here.clock.now())
    await there.changes.label(other.row_id, "theirs")
    await here.book.follow()
    assert here.book.find(other.row_id).label == "theirs"
    assert here.book.find(added.row_id).cooling_until is not None
    await there.changes.switch(added.row_id, enabled=False)
    await there.changes.remove(other.row_id)
    await here.book.follow()
    assert [each.status for each in here.book.all_keys()] == [KeyStatus.DISABLED]
    assert here.gone == [other.row_id]


async def test_a_change_keeps_how_the_key_stands_now() -> None:
    stage = Stage()
    added = await stage.add("m")
    stage.book.pool.settle(added.row_id, failure(FailureKind.RATE_LIMITED), stage.clock.now())
    await stage.changes.label(added.row_id, "slow")
    resting = stage.book.find(added.row_id)
    assert (resting.label, resting.strikes) == ("slow", 1)
    await stage.add("n")
    after = stage.book.find(added.row_id)
    assert ([model.id for model in after.models], after.strikes) == (["m", "n"], 1)
    assert after.cooling_until == resting.cooling_until


async def test_a_removed_key_serves_no_more_and_its_connections_go() -> None:
    stage = Stage()
    added = await stage.add("m")
    wanted = Wanted(vendor=None, model="m")
    assert not isinstance(stage.book.pool.rank(wanted, exclude=NOBODY, now=0.0), NoKey)
    await stage.book.change([added.row_id], lambda _: None)
    assert isinstance(stage.book.pool.rank(wanted, exclude=NOBODY, now=0.0), NoKey)
    assert stage.gone == [added.row_id]
    stage.book.pool.settle(added.row_id, None, 1.0)
    await stage.book.write()


async def test_a_key_is_found_by_its_id_and_by_those_of_its_entries() -> None:
    stage = Stage()
    added = await stage.add("m")
    for wanted in (added.row_id, entry_id(added.row_id, "m")):
        assert stage.book.find_kept(wanted) == added
    for wanted in ("", "nobody", entry_id(added.row_id, "n"), f"{added.row_id}."):
        with pytest.raises(UnknownKey):
            stage.book.find(wanted)
