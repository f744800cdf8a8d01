"""Keys as their owner changes them."""

import pytest

from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.canonical.failure import FailureKind
from codex_proxy.operations.vendor_keys.changes import Added, Removed
from codex_proxy.operations.vendor_keys.parts import KeyConfigured, UnknownKey
from codex_proxy.vendors.entries import entries_of, entry_id
from codex_proxy.vendors.key import KeyStatus
from codex_proxy.vendors.telling import InvalidKey
from tests.operations.vendor_keys.stage import Stage, told
from tests.operations.vendor_keys.test_book import CONFIGURED
from tests.vendors.samples import SECRET, failure


async def test_one_key_has_several_models_and_is_recognised_when_it_comes_again() -> None:
    stage = Stage()
    first = await stage.changes.add(told("a", "b", label="mine"))
    assert (first.added, first.updated) == (2, 0)
    again = await stage.changes.add(told("b", "c", base_url="https://api.example/v1/"))
    assert (again.added, again.updated) == (1, 1)
    (key,) = stage.book.all_keys()
    assert again.keys == (key,)
    assert ([model.id for model in key.models], key.label) == (["a", "b", "c"], "mine")
    assert (await stage.changes.add(told())).updated == 1
    elsewhere = await stage.changes.add(told("a", base_url="https://elsewhere.example"))
    assert (elsewhere.added, len(stage.book.all_keys())) == (1, 2)


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"provider": "acme"}, "provider"),
        ({"provider": "custom", "base_url": "http://169.254.169.254/v1"}, "baseUrl"),
        ({"provider": "custom", "base_url": "http://127.0.0.1:1/v1"}, "baseUrl"),
        ({"api_key": ""}, "apiKey"),
    ],
)
async def test_what_cannot_be_used_is_not_kept(members: dict[str, str], field: str) -> None:
    stage = Stage()
    with pytest.raises(InvalidKey) as caught:
        await stage.changes.add(told("m", **members))
    assert caught.value.field == field
    assert stage.book.all_keys() == ()


async def test_a_private_address_wants_leave() -> None:
    stage = Stage()
    key = await stage.add("m", provider="custom", base_url="http://127.0.0.1:1/v1", allow_private=True)
    assert key.allow_private
    assert (await stage.add("m", provider="local", api_key="")).allow_private


async def test_a_key_of_the_configuration_is_not_told_twice() -> None:
    stage = Stage(CONFIGURED)
    with pytest.raises(InvalidKey, match=r"local\.yaml has this key already, as mine"):
        await stage.changes.add(told("m", api_key="configured"))


async def test_a_row_that_cannot_be_used_holds_up_no_other_one() -> None:
    stage = Stage()
    done = await stage.changes.add_all([told("a"), told("m", provider="acme"), "it is no object", told("b")])
    assert (done.added, done.updated) == (2, 0)
    assert done.errors == (
        "key 2: provider: 'acme' is no known vendor; known are openai, gemini, local, custom",
        "key 3: entry: it is no object",
    )
    assert [[model.id for model in key.models] for key in done.keys] == [["a", "b"]]
    assert await stage.changes.add_all(["x"]) == Added(added=0, updated=0, errors=("key 1: entry: x",))


async def test_a_key_is_named() -> None:
    stage = Stage()
    key = await stage.add("m")
    await stage.changes.label(entry_id(key.row_id, "m"), " a  name ")
    assert stage.book.find(key.row_id).label == "a name"
    await stage.changes.label(key.row_id, "")
    assert stage.book.find(key.row_id).label is None
    with pytest.raises(InvalidKey, match="label"):
        await stage.changes.label(key.row_id, "x" * 65)


async def test_who_switches_a_key_on_wants_it_tried() -> None:
    stage = Stage()
    key = await stage.add("a", "b")
    stage.book.pool.settle(key.row_id, failure(FailureKind.UNAUTHORIZED), stage.clock.now())
    await stage.changes.switch(entry_id(key.row_id, "b"), enabled=False)
    assert [entry.status for entry in entries_of(stage.book.find(key.row_id))] == [KeyStatus.ERROR, KeyStatus.DISABLED]
    await stage.changes.switch(entry_id(key.row_id, "a"), enabled=True)
    on = stage.book.find(key.row_id)
    assert ([entry.status for entry in entries_of(on)], on.reason) == ([KeyStatus.ACTIVE, KeyStatus.DISABLED], None)
    await stage.changes.switch(key.row_id, enabled=False)
    assert stage.book.find(key.row_id).is_off


async def test_entries_and_keys_are_removed() -> None:
    stage = Stage(CONFIGURED)
    first, second = await stage.add("a", "b"), await stage.add("m", api_key="another-secret")
    await stage.changes.remove(entry_id(first.row_id, "a"))
    assert [model.id for model in stage.book.find(first.row_id).models] == ["b"]
    done = await stage.changes.remove_all(
        [entry_id(first.row_id, "b"), "nobody", second.row_id, second.row_id, entry_id(first.row_id, "a")]
    )
    assert done == Removed(deleted=2, not_found=("nobody", entry_id(first.row_id, "a")))
    assert stage.book.all_keys() == (CONFIGURED,)
    assert await stage.changes.remove_all(["nobody"]) == Removed(deleted=0, not_found=("nobody",))


async def test_what_is_not_there_or_not_ours_is_not_changed() -> None:
    stage = Stage(CONFIGURED)
    key = await stage.add("m")
    with pytest.raises(UnknownKey):
        await stage.changes.label("nobody", "x")
    with pytest.raises(UnknownKey):
        await stage.changes.remove("nobody")
    with pytest.raises(KeyConfigured):
        await stage.changes.switch("settings-mine", enabled=False)
    with pytest.raises(KeyConfigured):
        await stage.changes.remove_all([key.row_id, "settings-mine"])
    stage.store.broken = True
    with pytest.raises(StoreUnusable):
        await stage.changes.label(key.row_id, "x")
    assert stage.book.all_keys() == (CONFIGURED, key)


async def test_a_secret_goes_to_no_other_address() -> None:
    """No change takes a base URL: the key has to be told again, and is another one."""
    stage = Stage()
    key = await stage.add("m")
    with pytest.raises(InvalidKey, match="apiKey: it is missing"):
        await stage.changes.add(told("m", base_url="https://elsewhere.example", api_key=""))
    assert [each.base_url for each in stage.book.all_keys()] == [key.base_url]
    assert key.secret == SECRET
