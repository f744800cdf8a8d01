"""What every store of cookies keeps to."""

from codex_proxy.accounts.keeping import Cookie
from tests.stores.places import Kept
from tests.stores.test_affinity_store_contract import with_accounts


def cookie(row_id: str, egress_id: str, value: str, *, path: str = "/", expires_at: float | None = None) -> Cookie:
    return Cookie(
        row_id=row_id,
        egress_id=egress_id,
        domain="chatgpt.test",
        name="cf_clearance",
        value=value,
        path=path,
        user_agent="ua",
        expires_at=expires_at,
        captured_at=5.0,
    )


async def test_cookies_come_back_and_new_values_replace_old_ones(kept: Kept) -> None:
    jar = (await with_accounts(kept, "a")).cookies
    assert await jar.load() == ()
    await jar.keep(
        [cookie("a", "direct", "one"), cookie("a", "proxy", "two"), cookie("a", "direct", "three", path="/x")]
    )
    await jar.keep([cookie("a", "direct", "four", expires_at=9.0)])
    assert await jar.load() == (
        cookie("a", "direct", "four", expires_at=9.0),
        cookie("a", "direct", "three", path="/x"),
        cookie("a", "proxy", "two"),
    )


async def test_a_19_cookies_of_an_egress_are_dropped(kept: Kept) -> None:
    jar = (await with_accounts(kept, "a", "b")).cookies
    await jar.keep([cookie("a", "direct", "one"), cookie("a", "proxy", "two"), cookie("b", "direct", "three")])
    await jar.drop("a", egress_id="direct")
    assert await jar.load() == (cookie("a", "proxy", "two"), cookie("b", "direct", "three"))
    await jar.drop("a")
    assert await jar.load() == (cookie("b", "direct", "three"),)


async def test_cookies_end(kept: Kept) -> None:
    jar = (await with_accounts(kept, "a")).cookies
    await jar.keep(
        [cookie("a", "1", "one", expires_at=9.0), cookie("a", "2", "two", expires_at=9.5), cookie("a", "3", "x")]
    )
    await jar.expire(now=9.0)
    assert [each.value for each in await jar.load()] == ["two", "x"]


async def test_a_15_cookies_go_with_their_account(kept: Kept) -> None:
    jar = (await with_accounts(kept, "a")).cookies
    await jar.keep([cookie("a", "direct", "one"), cookie("nobody", "direct", "two")])
    assert await jar.load() == (cookie("a", "direct", "one"),)
    await kept.accounts.remove(["a"], now=1.0)
    assert await jar.load() == ()
