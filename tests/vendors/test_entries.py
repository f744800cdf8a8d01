"""Keys as entries."""

from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.vendors.entries import (
    entries_of,
    entry_id,
    entry_switched,
    is_there,
    row_id_of,
    without_entry,
)
from codex_proxy.vendors.key import KeyModel, KeyStatus, VendorKey
from tests.vendors.samples import KEYS, key

ON, OFF = KeyModel(id="a/on"), KeyModel(id="b/off", enabled=False)


def shown(given_key: VendorKey) -> dict[str, KeyStatus]:
    return {entry.model.id if entry.model else "": entry.status for entry in entries_of(given_key)}


def test_each_model_has_an_entry_of_its_own() -> None:
    first, second = entries_of(key(models=(ON, OFF)))
    assert (first.model, first.status, second.model, second.status) == (ON, KeyStatus.ACTIVE, OFF, KeyStatus.DISABLED)
    assert first.id != second.id
    assert row_id_of(first.id) == row_id_of("k1") == "k1"
    assert is_there(key(models=(ON, OFF)), second.id)
    assert is_there(key(models=(ON, OFF)), "k1")
    assert not is_there(key(models=(ON,)), second.id)


def test_a_key_that_names_no_model_is_one_entry() -> None:
    (entry,) = entries_of(key(models=(), status=KeyStatus.ERROR))
    assert (entry.id, entry.model, entry.status) == ("k1", None, KeyStatus.ERROR)


@given(KEYS.filter(lambda each: bool(each.models)), st.data(), st.booleans())
def test_switching_one_entry_leaves_the_others_as_they_are_shown(
    given_key: VendorKey, data: st.DataObject, enabled: bool
) -> None:
    entry = data.draw(st.sampled_from(entries_of(given_key)))
    assert entry.model is not None
    after = entry_switched(given_key, entry.id, enabled=enabled)
    before = shown(given_key)
    if enabled:  # who wants one model of a refused key tried wants the key tried
        before = {name: KeyStatus.ACTIVE if status is KeyStatus.ERROR else status for name, status in before.items()}
    assert shown(after) == before | {entry.model.id: KeyStatus.ACTIVE if enabled else KeyStatus.DISABLED}
    assert not enabled or not after.is_off


@given(KEYS)
def test_switching_a_key_switches_all_of_it(given_key: VendorKey) -> None:
    assert entry_switched(given_key, given_key.row_id, enabled=False).is_off
    assert not entry_switched(given_key, given_key.row_id, enabled=True).is_off


def test_a_key_that_is_off_model_by_model_comes_back_whole_and_one_that_is_on_keeps_what_is_off() -> None:
    assert shown(entry_switched(key(models=(OFF,)), "k1", enabled=True)) == {"b/off": KeyStatus.ACTIVE}
    both = key(models=(ON, OFF), status=KeyStatus.ERROR)
    assert shown(entry_switched(both, "k1", enabled=True)) == {"a/on": KeyStatus.ACTIVE, "b/off": KeyStatus.DISABLED}


def test_the_last_entry_takes_the_key_along() -> None:
    both = key(models=(ON, OFF))
    left = without_entry(both, entry_id("k1", "a/on"))
    assert left is not None
    assert left.models == (OFF,)
    assert without_entry(left, entry_id("k1", "b/off")) is None
    assert without_entry(both, "k1") is None
