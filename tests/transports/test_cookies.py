"""Only the edge's own cookies are kept."""

from codex_proxy.transports.cookies import CookieJar


class Time:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_allowed_names_are_replayed_to_their_host_only() -> None:
    jar = CookieJar(Time())
    jar.store("a.test", ["__cf_bm=one; Path=/; HttpOnly", "oai-did=user; Path=/", "cf_chl_x=two"])
    assert jar.header("a.test") == "__cf_bm=one; cf_chl_x=two"
    assert jar.header("b.test") is None


def test_a_later_value_replaces_an_earlier_one() -> None:
    jar = CookieJar(Time())
    jar.store("a.test", ["_cfuvid=1"])
    jar.store("a.test", ["_cfuvid=2"])
    assert jar.header("a.test") == "_cfuvid=2"


def test_cookies_end_with_their_age() -> None:
    time = Time()
    jar = CookieJar(time)
    jar.store("a.test", ["__cf_bm=1; Max-Age=60", "cf_clearance=2"])
    time.now += 61
    assert jar.header("a.test") == "cf_clearance=2"
    jar.store("a.test", ["cf_clearance=; Max-Age=0"])
    assert jar.header("a.test") is None


def test_a_cleared_jar_is_empty_and_garbage_is_no_cookie() -> None:
    jar = CookieJar(Time())
    jar.store("a.test", ["__cf_bm", "", "__cf_bm=1"])
    jar.clear()
    assert jar.header("a.test") is None
