"""The owner sees and sets an account's cookies."""

from collections.abc import Mapping

import pytest

from codex_proxy.accounts.keeping import Cookie, Egresses
from codex_proxy.operations.account_cookies import AccountCookies, InvalidCookies, NoWayOut, read_cookies
from codex_proxy.operations.accounts.parts import UnknownAccount
from codex_proxy.operations.egress.book import EgressBook, EgressPolicy
from tests.gateway.scene import FakeClock
from tests.operations.egress.test_book import proxy

SECRET = "s3cr3t"


class StandInCookies:
    """Implements ``KeptCookies``, by account and egress."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str | None], dict[str, str]] = {}

    def shown(self, row_id: str, egress_url: str | None) -> tuple[Cookie, ...]:
        values = self.kept.get((row_id, egress_url), {})
        return tuple(
            Cookie(row_id=row_id, egress_id="", domain="", name=name, value=value) for name, value in values.items()
        )

    def set(self, row_id: str, egress_url: str | None, values: Mapping[str, str]) -> None:
        self.kept.setdefault((row_id, egress_url), {}).update(values)

    async def drop(self, row_id: str) -> None:
        self.kept = {key: value for key, value in self.kept.items() if key[0] != row_id}


def cookies_of(*ways: str, enabled: bool = True) -> tuple[AccountCookies, StandInCookies]:
    """The cookies of the account ``a``, which leaves this way."""
    book = EgressBook(policy=EgressPolicy(), now=FakeClock().now)
    book.take(Egresses(proxies=(proxy("p", enabled=enabled),), assignments=dict.fromkeys("a", *ways)))
    kept = StandInCookies()
    return AccountCookies(kept=kept, book=book, is_account="a".__contains__), kept


async def test_cookies_are_set_for_where_the_account_comes_out_and_told_by_name() -> None:
    cookies, kept = cookies_of("p")
    assert cookies.names("a") == ()
    assert cookies.set("a", f"cf_clearance={SECRET}; oai-did=x=y;") == ("cf_clearance", "oai-did")
    assert kept.kept == {("a", "http://u:secret@p.invalid:1"): {"cf_clearance": SECRET, "oai-did": "x=y"}}
    assert cookies.set("a", {"cf_clearance": "new"}) == ("cf_clearance", "oai-did")
    await cookies.clear("a")
    assert cookies.names("a") == ()


def test_the_direct_way_is_a_place_too() -> None:
    cookies, kept = cookies_of("direct")
    cookies.set("a", "a=1")
    assert list(kept.kept) == [("a", None)]


async def test_nobody_has_no_cookies() -> None:
    cookies, _ = cookies_of("direct")
    with pytest.raises(UnknownAccount):
        cookies.names("b")
    with pytest.raises(UnknownAccount):
        cookies.set("b", "a=1")
    with pytest.raises(UnknownAccount):
        await cookies.clear("b")


async def test_an_account_that_cannot_leave_has_nothing_to_bind_cookies_to_but_forgets_them() -> None:
    cookies, _ = cookies_of("p", enabled=False)
    with pytest.raises(NoWayOut, match="the account's egress P cannot be used"):
        cookies.set("a", "a=1")
    await cookies.clear("a")


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("", "there are none"),
        (" ; ", "there are none"),
        ({}, "there are none"),
        ("=1", "the name of number 1 is none"),
        ("a=1; b c=2", "the name of number 2 is none"),
        ({"a": "1;2"}, "the value of a"),
        ({"a": f"{SECRET}\r\nx: y"}, "the value of a"),
        ({"a": "ä"}, "the value of a"),
        ({"a": SECRET * 1000}, "the value of a"),
        ({f"a{number}": "" for number in range(51)}, "there are more than 50"),
    ],
)
def test_what_is_no_cookie_is_refused_without_its_value(told: str | Mapping[str, str], words: str) -> None:
    with pytest.raises(InvalidCookies) as caught:
        read_cookies(told)
    assert words in str(caught.value)
    assert SECRET not in str(caught.value)
