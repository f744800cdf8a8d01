"""Setup links."""

from codex_proxy.operations.access.setup_links import LINK_SECONDS
from tests.operations.access.household import START, Home


def test_a_link_holds_its_token_where_no_server_sees_it() -> None:
    home = Home()
    url, expires_at = home.links.make("http://127.0.0.1:8080", now=START)
    assert url == "http://127.0.0.1:8080/auth/setup#token-1"
    assert expires_at == START + LINK_SECONDS
    assert "token-1" not in repr(home.store.kept)
    assert home.store.kept.link is not None
    assert home.store.kept.link.digest != "token-1"


def test_the_last_link_is_the_one_that_is_good_and_for_a_day() -> None:
    home = Home()
    home.links.make("http://x", now=START)
    home.links.make("http://x", now=START)
    assert [home.links.fits(token, now=START) for token in ("token-1", "token-2", "", "\ud800")] == [
        False, True, False, False,
    ]  # fmt: skip
    assert not home.links.fits("token-2", now=START + LINK_SECONDS)
    assert not Home().links.fits("token-1", now=START)
