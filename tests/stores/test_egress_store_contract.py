"""What every store of egress proxies keeps to."""

from msgspec.structs import replace

from codex_proxy.accounts.keeping import Egresses, EgressHealth, EgressProxy
from tests.stores.places import Kept
from tests.stores.test_affinity_store_contract import with_accounts

ONE = EgressProxy(proxy_id="p1", name="one", url="socks5://user:pass-word@127.0.0.1:1080", added_at=1.0)
TWO = EgressProxy(proxy_id="p2", name="two", url="http://127.0.0.1:8080", enabled=False, added_at=2.0)
WELL = EgressHealth(checked_at=5.0, exit_ip="203.0.113.5", latency_ms=12)
ILL = EgressHealth(checked_at=6.0, error="refused")


async def test_proxies_come_back(kept: Kept) -> None:
    egress = kept.egress
    assert (await egress.load()).proxies == ()
    await egress.put([TWO, replace(ONE, health=WELL)])
    assert (await egress.load()).proxies == (replace(ONE, health=WELL), TWO)


async def test_a_changed_proxy_keeps_what_its_last_check_found(kept: Kept) -> None:
    egress = kept.egress
    await egress.put([ONE, TWO])
    await egress.keep_health({"p1": WELL, "nobody": ILL})
    await egress.put([replace(ONE, name="renamed", url="http://127.0.0.1:1")])
    assert (await egress.load()).proxies == (replace(ONE, name="renamed", url="http://127.0.0.1:1", health=WELL), TWO)
    await egress.keep_health({"p1": ILL})
    assert (await egress.load()).proxies[0].health == ILL


async def test_accounts_are_assigned(kept: Kept) -> None:
    egress = (await with_accounts(kept, "a", "b")).egress
    await egress.put([ONE])
    await egress.assign({"a": "p1", "b": "direct", "nobody": "p1"})
    assert (await egress.load()).assignments == {"a": "p1", "b": "direct"}
    await egress.assign({"a": None, "b": "auto"})
    assert (await egress.load()).assignments == {"b": "auto"}


async def test_a_removed_proxy_hands_its_accounts_over(kept: Kept) -> None:
    egress = (await with_accounts(kept, "a", "b", "c")).egress
    await egress.put([ONE, TWO])
    await egress.assign({"b": "p1", "a": "p1", "c": "p2"})
    assert await egress.remove("p1", reassign="p2") == ("a", "b")
    assert await egress.load() == replace(
        await egress.load(), proxies=(TWO,), assignments={"a": "p2", "b": "p2", "c": "p2"}
    )
    assert await egress.remove("p2", reassign=None) == ("a", "b", "c")
    assert (await egress.load()).assignments == {}
    assert await egress.remove("p1", reassign=None) is None


async def test_a_15_an_assignment_goes_with_its_account(kept: Kept) -> None:
    egress = (await with_accounts(kept, "a", "b")).egress
    await egress.assign({"a": "direct", "b": "direct"})
    await kept.accounts.remove(["a"], now=1.0)
    assert (await egress.load()).assignments == {"b": "direct"}


async def test_changes_are_told_since_a_revision(kept: Kept) -> None:
    egress = (await with_accounts(kept, "a")).egress
    seen = await egress.load()
    assert seen == Egresses(revision=seen.revision)
    assert await egress.load_newer(seen.revision) is None
    for change in (egress.put([ONE]), egress.keep_health({"p1": WELL}), egress.assign({"a": "p1"})):
        await change
        news = await egress.load_newer(seen.revision)
        assert news is not None
        assert news.revision > seen.revision
        seen = news
    assert seen == Egresses(revision=seen.revision, proxies=(replace(ONE, health=WELL),), assignments={"a": "p1"})
    await egress.remove("p1", reassign=None)
    assert await egress.load_newer(seen.revision) is not None
