"""Where conversations live."""

from collections import Counter
from typing import NamedTuple

from codex_proxy.accounts.affinity import (
    MAX_CONVERSATIONS,
    TOUCH_SECONDS,
    AffinityMap,
    ConversationKey,
    Residence,
    point_of,
    rendezvous,
)

NOW = 1000.0


class Kept(NamedTuple):
    """A home as a store gives it back."""

    conversation: ConversationKey
    row_id: str
    used_at: float


def talk(name: str) -> ConversationKey:
    return ("key", name)


def homes_of(**homes: str) -> AffinityMap:
    made = AffinityMap()
    for name, row_id in homes.items():
        made.settle(talk(name), row_id, NOW)
    return made


def test_a_conversation_keeps_its_home() -> None:
    homes = homes_of(c1="a")
    assert homes.home(talk("c1"), NOW) == "a"
    assert homes.home(("other key", "c1"), NOW) is None


def test_the_least_recently_used_conversation_is_forgotten() -> None:
    homes = AffinityMap(limit=2)
    for name in ("c1", "c2"):
        homes.settle(talk(name), "a", NOW)
    homes.home(talk("c1"), NOW)
    homes.settle(talk("c3"), "a", NOW)
    assert [homes.home(talk(name), NOW) for name in ("c1", "c2", "c3")] == ["a", None, "a"]
    assert len(homes) == 2
    assert talk("c2") not in homes.take_dirty()


def test_memory_is_bounded() -> None:
    homes = AffinityMap()
    for number in range(MAX_CONVERSATIONS + 10):
        homes.settle(talk(str(number)), "a", NOW)
    assert len(homes) == len(homes.take_dirty()) == MAX_CONVERSATIONS


def test_what_changed_is_taken_once() -> None:
    homes = homes_of(c1="a", c2="b")
    homes.settle(talk("c1"), "b", NOW + 1)
    assert homes.take_dirty() == {talk("c1"): Residence("b", NOW + 1), talk("c2"): Residence("b", NOW)}
    assert homes.take_dirty() == {}


def test_what_could_not_be_written_is_taken_again_as_it_is_by_then() -> None:
    homes = homes_of(c1="a", c2="a")
    taken = homes.take_dirty()
    homes.settle(talk("c1"), "b", NOW + 1)
    homes.leave(["a"])
    homes.mark(taken)
    assert homes.take_dirty() == {talk("c1"): Residence("b", NOW + 1)}


def test_a_use_is_written_again_after_a_while() -> None:
    homes = homes_of(c1="a")
    homes.take_dirty()
    homes.home(talk("c1"), NOW + TOUCH_SECONDS - 1)
    assert homes.take_dirty() == {}
    homes.home(talk("c1"), NOW + TOUCH_SECONDS)
    assert homes.take_dirty() == {talk("c1"): Residence("a", NOW + TOUCH_SECONDS)}


def test_homes_come_back_in_the_order_they_were_used() -> None:
    homes = AffinityMap(limit=3)
    homes.restore([Kept(talk(name), "a", at) for name, at in (("late", 9.0), ("middle", 5.0), ("early", 1.0))])
    assert homes.take_dirty() == {}
    homes.settle(talk("new"), "b", NOW)
    assert [homes.home(talk(name), NOW) for name in ("early", "middle", "late", "new")] == [None, "a", "a", "b"]


def test_of_more_homes_than_fit_the_latest_come_back() -> None:
    homes = AffinityMap(limit=2)
    homes.restore([Kept(talk(name), "a", 1.0) for name in ("late", "middle", "early")])
    assert [homes.home(talk(name), NOW) for name in ("late", "middle", "early")] == ["a", "a", None]


def test_what_is_known_already_is_newer_than_what_was_kept() -> None:
    homes = homes_of(c1="b")
    homes.restore([Kept(talk("c1"), "a", 1.0)])
    assert homes.home(talk("c1"), NOW) == "b"


def test_a_15_an_account_that_goes_takes_its_homes_along() -> None:
    homes = homes_of(c1="a", c2="b", c3="c")
    homes.leave(["a", "b"])
    assert [homes.home(talk(name), NOW) for name in ("c1", "c2", "c3")] == [None, None, "c"]
    assert list(homes.take_dirty()) == [talk("c3")]


def by_hash(conversation: ConversationKey, row_ids: str, *more: str) -> list[str]:
    return list(rendezvous(conversation, [{row_id: point_of(row_id) for row_id in each} for each in (row_ids, *more)]))


CONVERSATIONS = [talk(str(number)) for number in range(1000)]


def test_a_departing_account_moves_only_its_own_conversations() -> None:
    before = {each: by_hash(each, "abcd")[0] for each in CONVERSATIONS}
    after = {each: by_hash(each, "abc")[0] for each in CONVERSATIONS}
    assert all(after[each] == before[each] for each in CONVERSATIONS if before[each] != "d")


def test_q_15_the_hash_spreads_conversations_evenly() -> None:
    counts = Counter(by_hash(each, "abcde")[0] for each in CONVERSATIONS)
    assert all(150 <= counts[row_id] <= 250 for row_id in "abcde"), counts


def test_the_order_goes_on_as_if_the_first_were_not_there() -> None:
    for conversation in CONVERSATIONS[:50]:
        ranked = by_hash(conversation, "abcde")
        assert sorted(ranked) == list("abcde")
        assert ranked[1:] == by_hash(conversation, "abcde".replace(ranked[0], ""))


def test_groups_are_one_choice() -> None:
    for conversation in CONVERSATIONS[:50]:
        assert by_hash(conversation, "abcde") == by_hash(conversation, "bd", "", "ace")
    assert by_hash(CONVERSATIONS[0], "", "") == []


def test_the_hash_is_the_same_in_every_process() -> None:
    assert (point_of("a"), by_hash(("key", "c1"), "abc")) == (1_062_508_627, ["a", "c", "b"])
