"""Which keys could serve, and in which order."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.vendors.key import KeyModel, KeyStatus, VendorKey
from codex_proxy.vendors.pool import NoKey, NoKeyReason, VendorPool, Wanted
from codex_proxy.vendors.profile import Capability
from tests.vendors.samples import FAILURES, KEYS, NOW, failure, key

NOBODY: frozenset[str] = frozenset()
POOLS = st.lists(KEYS, max_size=4, unique_by=lambda each: each.row_id)
WANTED = st.builds(
    Wanted,
    vendor=st.sampled_from([None, "openai", "groq", "mine"]),
    model=st.sampled_from(["m", "n"]),
    capability=st.sampled_from([Capability.CHAT, Capability.EMBEDDINGS]),
)


def pool_of(*keys: VendorKey) -> VendorPool:
    pool = VendorPool()
    for each in keys:
        pool.put(each)
    return pool


def ranked(pool: VendorPool, vendor: str | None = None, model: str = "m", **told: Any) -> list[str] | NoKey:
    found = pool.rank(Wanted(vendor=vendor, model=model, **told), exclude=NOBODY, now=NOW)
    return found if isinstance(found, NoKey) else [each.row_id for each in found]


@given(POOLS, WANTED, st.frozensets(st.sampled_from(["a", "b", "c"])))
def test_the_rank_is_a_total_order_of_keys_that_can_serve(
    keys: list[VendorKey], wanted: Wanted, exclude: frozenset[str]
) -> None:
    found = pool_of(*keys).rank(wanted, exclude=exclude, now=NOW)
    assert found == pool_of(*reversed(keys)).rank(wanted, exclude=exclude, now=NOW)
    if isinstance(found, NoKey):
        return
    assert found
    for each in found:
        assert each.status is KeyStatus.ACTIVE
        assert not each.is_cooling(NOW)
        assert each.row_id not in exclude
        assert wanted.vendor is None or each.is_named(wanted.vendor)
        listed = each.model(wanted.model)
        assert listed is None or (listed.enabled and wanted.capability in listed.capabilities)
        assert listed is not None or wanted.vendor is not None
    places = [(each.last_used_at or 0.0, each.row_id) for each in found]
    assert all(before < after for before, after in pairwise(places))


@given(POOLS, WANTED)
def test_whoever_can_wait_is_told_when(keys: list[VendorKey], wanted: Wanted) -> None:
    found = pool_of(*keys).rank(wanted, exclude=NOBODY, now=NOW)
    if isinstance(found, NoKey):
        assert (found.reason is NoKeyReason.COOLING) == (found.retry_at is not None)
        if found.retry_at is not None:
            again = pool_of(*keys).rank(wanted, exclude=NOBODY, now=found.retry_at)
            assert not isinstance(again, NoKey)


def test_the_key_that_rested_longest_comes_first_and_a_new_one_before_it() -> None:
    pool = pool_of(key("a", last_used_at=NOW), key("b"), key("c", last_used_at=NOW - 5))
    assert ranked(pool) == ["b", "c", "a"]
    pool.used("b", NOW + 1)
    assert ranked(pool) == ["c", "a", "b"]


def test_a_named_vendor_narrows_the_choice_and_need_not_list_the_model() -> None:
    pool = pool_of(key("a", vendor="openai"), key("b", vendor="groq"), key("c", vendor="custom", name="mine"))
    assert ranked(pool) == ["a", "b", "c"]
    assert ranked(pool, "groq") == ["b"]
    assert ranked(pool, "mine") == ["c"]
    assert ranked(pool, "groq", "another") == ["b"]
    assert ranked(pool, None, "another") == NoKey(reason=NoKeyReason.NONE)
    assert ranked(pool, "xai") == NoKey(reason=NoKeyReason.NONE)


def test_a_model_that_is_switched_off_at_a_key_is_not_asked_there() -> None:
    pool = pool_of(key("a", models=(KeyModel(id="m", enabled=False),)))
    assert ranked(pool, "openai") == NoKey(reason=NoKeyReason.NONE)


def test_a_key_whose_models_are_all_switched_off_serves_nothing_that_it_does_not_list_either() -> None:
    pool = pool_of(key("a", models=(KeyModel(id="m", enabled=False),)))
    assert ranked(pool, "openai", "another") == NoKey(reason=NoKeyReason.DISABLED)
    assert pool.offers().vendors == NOBODY


def test_a_model_serves_what_it_can_do() -> None:
    pool = pool_of(key("a", models=(KeyModel(id="m", capabilities=(Capability.EMBEDDINGS,)),)))
    assert ranked(pool, capability=Capability.EMBEDDINGS) == ["a"]
    assert ranked(pool) == NoKey(reason=NoKeyReason.INCAPABLE)


@pytest.mark.parametrize(
    ("keys", "nobody"),
    [
        ([key("a", status=KeyStatus.DISABLED)], NoKey(reason=NoKeyReason.DISABLED)),
        (
            [key("a", status=KeyStatus.DISABLED), key("b", status=KeyStatus.ERROR, reason="unauthorized")],
            NoKey(reason=NoKeyReason.REFUSED, told="unauthorized"),
        ),
        (
            [key("a", status=KeyStatus.ERROR), key("b", cooling_until=NOW + 9), key("c", cooling_until=NOW + 5)],
            NoKey(reason=NoKeyReason.COOLING, retry_at=NOW + 5),
        ),
    ],
)
def test_why_nobody_serves_is_told_by_what_is_least_in_the_way(keys: list[VendorKey], nobody: NoKey) -> None:
    assert ranked(pool_of(*keys)) == nobody


def test_who_was_tried_is_not_tried_again() -> None:
    pool = pool_of(key("a"), key("b"))
    found = pool.rank(Wanted(vendor=None, model="m"), exclude=frozenset({"a"}), now=NOW)
    assert not isinstance(found, NoKey)
    assert [each.row_id for each in found] == ["b"]
    nobody = pool.rank(Wanted(vendor=None, model="m"), exclude=frozenset({"a", "b"}), now=NOW)
    assert nobody == NoKey(reason=NoKeyReason.TRIED)


def test_what_an_attempt_shows_counts_for_the_next_question_and_is_told() -> None:
    heard: list[VendorKey] = []
    pool = VendorPool(changed=heard.append)
    pool.put(key("a"))
    pool.settle("a", None, NOW)
    assert heard == []
    pool.settle("a", failure(FailureKind.RATE_LIMITED), NOW)
    assert ranked(pool) == NoKey(reason=NoKeyReason.COOLING, retry_at=NOW + 5, told="rate_limited: so it is")
    assert heard == [pool.find("a")]
    pool.used("a", NOW + 6)
    assert len(heard) == 2


@given(FAILURES)
def test_an_attempt_with_a_key_that_is_gone_changes_nothing(told: Failure) -> None:
    heard: list[VendorKey] = []
    pool = VendorPool(changed=heard.append)
    pool.put(key("a"))
    pool.remove("a")
    pool.remove("a")
    pool.settle("a", told, NOW)
    pool.used("a", NOW)
    assert (heard, pool.all_keys(), pool.find("a")) == ([], (), None)


def test_offers_are_the_same_object_until_the_keys_are_others() -> None:
    pool = pool_of(key("a"))
    first = pool.offers()
    pool.settle("a", failure(FailureKind.OVERLOADED), NOW)
    pool.used("a", NOW)
    assert pool.offers() is first
    pool.put(key("a", status=KeyStatus.DISABLED))
    assert pool.offers().models == {}
    pool.remove("a")
    assert pool.offers().vendors == NOBODY
