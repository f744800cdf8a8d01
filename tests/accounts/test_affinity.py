"""Where conversations live."""

from codex_proxy.accounts.affinity import AffinityMap, rendezvous


def test_a_conversation_keeps_its_home() -> None:
    homes = AffinityMap()
    homes.settle(("key", "c1"), "a")
    assert homes.home(("key", "c1")) == "a"
    assert homes.home(("other key", "c1")) is None


def test_the_least_recently_used_conversation_is_forgotten() -> None:
    homes = AffinityMap(limit=2)
    for name in ("c1", "c2"):
        homes.settle(("key", name), "a")
    homes.home(("key", "c1"))
    homes.settle(("key", "c3"), "a")
    assert [homes.home(("key", name)) for name in ("c1", "c2", "c3")] == ["a", None, "a"]
    assert len(homes) == 2


def test_a_departing_account_moves_only_its_own_conversations() -> None:
    accounts = ["a", "b", "c", "d"]
    conversations = [("key", str(number)) for number in range(200)]
    before = {each: rendezvous(each, accounts)[0] for each in conversations}
    after = {each: rendezvous(each, ["a", "b", "c"])[0] for each in conversations}
    assert all(after[each] == before[each] for each in conversations if before[each] != "d")
    assert set(before.values()) == set(accounts)
