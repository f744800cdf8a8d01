"""Jars of accounts, over restarts and changes of way."""

from collections.abc import Sequence

import pytest

from codex_proxy.accounts.keeping import Cookie
from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.operations.egress.addresses import exit_of
from codex_proxy.transports.cookie_keeping import CookieJars
from tests.stores.memory_keeping import MemoryCookieStore
from tests.transports.test_cookies import Time

HERE, THERE = exit_of("http://here.invalid:1"), exit_of("http://there.invalid:1")


class Store(MemoryCookieStore):
    """Cookies of the accounts ``a`` and ``b``; ``broken`` cannot be written."""

    def __init__(self) -> None:
        super().__init__(lambda: {"a", "b"})
        self.broken = False
        self.writes_count = 0

    async def keep(self, cookies: Sequence[Cookie]) -> None:
        self.writes_count += 1
        if self.broken:
            raise StoreUnusable("disk full")
        await super().keep(cookies)

    async def told(self) -> list[tuple[str, str, str]]:
        return [(cookie.row_id, cookie.egress_id, cookie.value) for cookie in await self.load()]


async def jars_over(store: Store, time: Time | None = None) -> CookieJars:
    jars = CookieJars(now=time or Time(), store=store, upstream_host="chatgpt.com")
    await jars.load()
    return jars


async def test_a_19_cookies_come_back_after_a_restart_for_the_same_exit_only() -> None:
    store = Store()
    jars = await jars_over(store)
    jars.jar("a", HERE).store("chatgpt.com", ["cf_clearance=1", "oai-did=2"])
    jars.jar("b", HERE).store("chatgpt.com", ["cf_clearance=3"])
    assert await jars.write()
    again = await jars_over(store)
    assert again.jar("a", HERE).header("chatgpt.com") == "cf_clearance=1"
    assert again.jar("b", THERE).header("chatgpt.com") is None
    assert again.jar("b", HERE).header("chatgpt.com") is None
    await again.write()
    assert await store.told() == [("a", HERE, "1")]


async def test_a_19_after_a_change_of_exit_none_is_replayed_nor_kept() -> None:
    store = Store()
    jars = await jars_over(store)
    before = jars.jar("a", HERE)
    before.store("chatgpt.com", ["__cf_bm=1"])
    await jars.write()
    assert jars.jar("a", THERE).header("chatgpt.com") is None
    before.store("chatgpt.com", ["__cf_bm=late"])
    jars.jar("a", THERE).store("chatgpt.com", ["__cf_bm=2"])
    await jars.write()
    assert await store.told() == [("a", THERE, "2")]
    assert jars.jar("a", HERE).header("chatgpt.com") is None


async def test_a_cleared_jar_is_cleared_where_it_is_kept() -> None:
    store = Store()
    jars = await jars_over(store)
    jars.jar("a", HERE).store("chatgpt.com", ["__cf_bm=1"])
    await jars.write()
    jars.jar("a", HERE).clear()
    jars.jar("a", HERE).store("chatgpt.com", ["_cfuvid=2"])
    await jars.write()
    assert await store.told() == [("a", HERE, "2")]


async def test_nothing_is_written_while_nothing_changed() -> None:
    store = Store()
    jars = await jars_over(store)
    await jars.write()
    jars.jar("a", HERE).store("chatgpt.com", ["oai-did=2"])
    await jars.write()
    assert store.writes_count == 0


async def test_what_could_not_be_written_is_written_the_next_time() -> None:
    store = Store()
    jars = await jars_over(store)
    jars.jar("a", HERE).store("chatgpt.com", ["__cf_bm=1"])
    await jars.drop("b")
    store.broken = True
    with pytest.raises(StoreUnusable):
        await jars.write()
    store.broken = False
    await store.keep([Cookie(row_id="b", egress_id=HERE, domain="chatgpt.com", name="__cf_bm", value="old")])
    await jars.write()
    assert await store.told() == [("a", HERE, "1")]


async def test_an_account_without_cookies_of_its_own_is_dropped_with_all_its_exits() -> None:
    store = Store()
    await store.keep(
        [
            Cookie(row_id="a", egress_id=place, domain="chatgpt.com", name="__cf_bm", value="1")
            for place in (HERE, THERE)
        ]
    )
    jars = await jars_over(store)
    await jars.drop("a")
    assert jars.jar("a", HERE).header("chatgpt.com") is None
    await jars.write()
    assert await store.told() == []


async def test_what_is_over_is_forgotten() -> None:
    store, time = Store(), Time()
    jars = await jars_over(store, time)
    jars.jar("a", HERE).store("chatgpt.com", ["__cf_bm=1; Max-Age=60"])
    await jars.write()
    time.now += 61
    assert (await jars_over(store, time)).jar("a", HERE).cookies == ()
    assert await store.told() == []


async def test_the_owner_sees_and_sets_the_cookies_of_where_the_account_comes_out() -> None:
    jars = await jars_over(Store())
    jars.set("a", "http://here.invalid:1", {"oai-did": "mine"})
    assert [cookie.value for cookie in jars.shown("a", "http://here.invalid:1")] == ["mine"]
    assert jars.jar("a", HERE).header("chatgpt.com") == "oai-did=mine"
    assert jars.shown("a", None) == ()


@pytest.mark.parametrize(
    ("upstream", "host", "served"),
    [
        ("chatgpt.com", "chatgpt.com", True),
        ("chatgpt.com", "eu.chatgpt.com", True),
        ("chatgpt.com", "auth.openai.com", False),
        ("chatgpt.com", "notchatgpt.com", False),
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "chatgpt.com", False),
        (None, "anywhere.test", True),
    ],
)
def test_only_the_upstream_has_cookies(upstream: str | None, host: str, served: bool) -> None:
    assert CookieJars(now=Time(), upstream_host=upstream).serves(host) is served
