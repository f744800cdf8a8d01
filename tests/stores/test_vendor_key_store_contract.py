"""What every store of vendor keys keeps to."""

import pytest
from msgspec.structs import replace

from codex_proxy.vendors.key import KeyModel, KeyStatus, VendorKey
from codex_proxy.vendors.profile import Capability, Wire
from codex_proxy.vendors.store import KeptKeys, VendorKeyStore
from tests.stores.places import Kept
from tests.vendors.samples import key

WHOLE = VendorKey(
    row_id="whole",
    vendor="gemini",
    base_url="https://api.example/v1beta",
    wire=Wire.GEMINI,
    secret="sécret",
    label="work",
    status=KeyStatus.ERROR,
    reason="unauthorized (401): no",
    cooling_until=99.5,
    strikes=2,
    added_at=3.0,
    last_used_at=7.0,
    models=(
        KeyModel(id="z/2", display_name="Two", capabilities=(Capability.CHAT, Capability.IMAGES)),
        KeyModel(id="a/1", capabilities=(), enabled=False),
    ),
    allow_private=True,
)


@pytest.fixture
def keys(kept: Kept) -> VendorKeyStore:
    """An empty store."""
    return kept.vendor_keys


async def loaded(keys: VendorKeyStore) -> list[VendorKey]:
    """What is there, without revisions."""
    return [replace(each, revision=0) for each in (await keys.load()).keys]


async def test_keys_come_back_whole_and_oldest_first(keys: VendorKeyStore) -> None:
    assert await keys.load() == KeptKeys()
    first, second = await keys.add([WHOLE, key("older", added_at=1.0, secret="")])
    assert (first.before, second.before) == (None, None)
    assert first.new_models == ("z/2", "a/1")
    assert await loaded(keys) == [key("older", added_at=1.0, secret=""), WHOLE]
    assert 0 < first.key.revision < second.key.revision


async def test_a_key_that_is_there_already_is_joined_with_the_one_that_is(keys: VendorKeyStore) -> None:
    (first,) = await keys.add([key("a", status=KeyStatus.DISABLED)])
    more = (KeyModel(id="n"), KeyModel(id="m", display_name="M"))
    again, other = await keys.add([key("b", models=more, label="mine"), key("c", secret="another secret")])
    assert again.before == first.key
    assert again.new_models == ("n",)
    assert replace(again.key, revision=0) == key(
        "a", status=KeyStatus.DISABLED, label="mine", models=(KeyModel(id="m", display_name="M"), KeyModel(id="n"))
    )
    assert again.key.revision > first.key.revision
    assert other.before is None
    (unchanged,) = await keys.add([key("d", models=more, label="mine")])
    assert unchanged.key == again.key
    assert [each.row_id for each in await loaded(keys)] == ["a", "c"]


async def test_two_of_one_list_may_be_one_key(keys: VendorKeyStore) -> None:
    first, second = await keys.add([key("a"), key("b", models=(KeyModel(id="n"),))])
    assert (second.before, second.new_models) == (first.key, ("n",))
    assert [each.row_id for each in await loaded(keys)] == ["a"]


async def test_keys_are_changed_and_removed_in_one_step(keys: VendorKeyStore) -> None:
    await keys.add([key("a"), key("b", secret="b"), key("c", secret="c")])

    def change(before: VendorKey) -> VendorKey | None:
        return None if before.row_id == "b" else replace(before, label="l", models=(KeyModel(id="other"),))

    left = await keys.change(["b", "a", "nobody", "a"], change)
    assert [replace(each, revision=0) for each in left] == [key("a", label="l", models=(KeyModel(id="other"),))]
    assert [(each.row_id, each.label) for each in await loaded(keys)] == [("a", "l"), ("c", None)]
    assert (await keys.change(["a"], lambda before: before))[0] == left[0]
    assert await keys.change(["nobody"], change) == ()


async def test_how_a_key_stands_never_overwrites_what_its_owner_changed(keys: VendorKeyStore) -> None:
    (seen,) = await keys.add([key("a")])
    stands = replace(seen.key, status=KeyStatus.ERROR, reason="r", cooling_until=5.0, strikes=1, last_used_at=4.0)
    await keys.keep_standing([replace(stands, label="is no standing"), key("nobody")])
    assert (await keys.load()).keys == (stands,)
    await keys.change(["a"], lambda before: replace(before, status=KeyStatus.DISABLED))
    await keys.keep_standing([stands])
    assert [each.status for each in await loaded(keys)] == [KeyStatus.DISABLED]
    await keys.keep_standing([])


async def test_changes_are_told_since_a_version(keys: VendorKeyStore) -> None:
    versions = [(await keys.load()).version]
    (first,) = await keys.add([key("a")])
    versions.append((await keys.load()).version)
    await keys.keep_standing([replace(first.key, last_used_at=1.0)])
    assert await keys.load_newer(versions[-1]) is None
    for change in (lambda before: replace(before, label="x"), lambda _: None):
        await keys.change(["a"], change)
        news = await keys.load_newer(versions[-1])
        assert news is not None
        versions.append(news.version)
    await keys.add([key("a")])
    versions.append((await keys.load()).version)
    assert len(set(versions)) == len(versions) - 1  # an empty store is an empty store
    assert versions[3] == versions[0]
