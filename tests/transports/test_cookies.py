"""Only the edge's own cookies are kept, for where they came from and as whom."""

import pytest

from codex_proxy.accounts.keeping import Cookie
from codex_proxy.transports.cookies import MAX_COOKIES, CookieJar


class Time:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Jar(CookieJar):
    """A jar of one account that counts its changes."""

    def __init__(self, time: Time | None = None) -> None:
        self.changes_count = 0
        super().__init__("row", "direct", now=time or Time(), changed=self._count)

    def _count(self) -> None:
        self.changes_count += 1


def test_allowed_names_are_replayed_to_their_host_only() -> None:
    jar = Jar()
    jar.store("a.test", ["__cf_bm=one; Path=/; HttpOnly", "oai-did=user; Path=/", "cf_chl_x=two"])
    jar.store("a.test", ["__Secure-next-auth.session-token=x", "__cf_logged_in=1", "x__cf_bm=1", "cf_clearances=1"])
    assert jar.header("a.test") == "__cf_bm=one; cf_chl_x=two"
    assert jar.header("b.test") is None
    assert jar.header("sub.a.test") is None


@pytest.mark.parametrize(
    ("domain", "reached"),
    [
        ("a.test", {"x.a.test", "a.test", "y.a.test"}),
        (".A.test", {"x.a.test", "a.test", "y.a.test"}),
        ("x.a.test", {"x.a.test"}),
        ("", {"x.a.test"}),
        ("test", set()),
        ("b.test", set()),
        ("y.a.test", set()),
        ("xa.test", set()),
    ],
)
def test_a_domain_widens_a_cookie_to_its_own_subdomains(domain: str, reached: set[str]) -> None:
    jar = Jar()
    jar.store("x.a.test", [f"__cf_bm=1; Domain={domain}"])
    assert {host for host in ("x.a.test", "a.test", "y.a.test", "b.test", "bxa.test") if jar.header(host)} == reached


def test_a_cookie_is_for_its_path_and_below() -> None:
    jar = Jar()
    jar.store("a.test", ["__cf_bm=1; Path=/backend-api", "_cfuvid=2; Path=odd"])
    assert jar.header("a.test", "/backend-api/codex/responses?x=1") == "__cf_bm=1; _cfuvid=2"
    assert jar.header("a.test", "/oauth/token") == "_cfuvid=2"


def test_a_cookie_is_not_told_under_another_user_agent() -> None:
    jar = Jar()
    jar.store("a.test", ["cf_clearance=1"], user_agent="old/1")
    assert jar.header("a.test", user_agent="old/1") == "cf_clearance=1"
    assert jar.header("a.test", user_agent="new/2") is None
    assert jar.header("a.test") is None


def test_a_later_value_replaces_an_earlier_one() -> None:
    jar = Jar()
    jar.store("a.test", ["_cfuvid=1"])
    jar.store("a.test", ["_cfuvid=2"])
    assert jar.header("a.test") == "_cfuvid=2"


def test_cookies_end_with_their_age_or_at_their_date() -> None:
    time = Time()
    jar = Jar(time)
    jar.store("a.test", ["__cf_bm=1; Max-Age=60", "cf_clearance=2", "_cfuvid=3; expires=Thu, 01-Jan-70 00:18:00 GMT"])
    assert jar.header("a.test") == "__cf_bm=1; cf_clearance=2; _cfuvid=3"
    time.now += 61
    assert jar.header("a.test") == "cf_clearance=2; _cfuvid=3"
    time.now += 20
    assert jar.header("a.test") == "cf_clearance=2"
    jar.store("a.test", ["cf_clearance=; Max-Age=0"])
    assert jar.header("a.test") is None
    assert jar.cookies == ()


def test_what_cannot_be_read_is_no_cookie_and_no_error() -> None:
    jar = Jar()
    jar.store("a.test", ["__cf_bm", "", "=1", "__cf_bm=1; expires=someday", f"_cfuvid={'x' * 5000}"])
    assert jar.header("a.test") == "__cf_bm=1"


def test_a_cookie_knows_where_it_came_from() -> None:
    jar = Jar()
    jar.store("a.test", ["__cf_bm=1; Max-Age=60; Path=/x"], user_agent="ua")
    assert jar.cookies == (
        Cookie(
            row_id="row",
            egress_id="direct",
            domain="a.test",
            name="__cf_bm",
            value="1",
            path="/x",
            user_agent="ua",
            expires_at=1060.0,
            captured_at=1000.0,
        ),
    )


def test_the_owner_may_set_any_cookie_for_any_user_agent() -> None:
    jar = Jar()
    jar.set("a.test", {"oai-did": "mine", "cf_clearance": "2"})
    assert jar.header("a.test", user_agent="whatever") == "oai-did=mine; cf_clearance=2"
    assert {cookie.expires_at for cookie in jar.cookies} == {None}


def test_a_jar_is_bounded_and_the_oldest_goes_first() -> None:
    jar = Jar()
    jar.store("a.test", [f"cf_chl_{number}=1" for number in range(MAX_COOKIES + 1)])
    names = [cookie.name for cookie in jar.cookies]
    assert (len(names), names[0], names[-1]) == (MAX_COOKIES, "cf_chl_1", f"cf_chl_{MAX_COOKIES}")


def test_changes_are_told_and_what_is_kept_already_is_none() -> None:
    jar = Jar()
    jar.clear()
    jar.store("a.test", ["oai-did=1", "__cf_bm=; Max-Age=0"])
    jar.restore(Cookie(row_id="row", egress_id="direct", domain="a.test", name="oai-did", value="1"))
    assert (jar.changes_count, jar.header("a.test")) == (0, "oai-did=1")
    jar.store("a.test", ["__cf_bm=1"])
    jar.clear()
    assert (jar.changes_count, jar.header("a.test")) == (2, None)
