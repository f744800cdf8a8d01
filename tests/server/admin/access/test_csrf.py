"""The word of a page of ours."""

from codex_proxy.server.admin.access.csrf import CSRF_COOKIE
from tests.server.admin.access.doors import ACCOUNT, CSRF, Doors
from tests.server.admin.accounts.plane import BOSS, outcome


async def test_s_03_a_session_does_nothing_without_the_word() -> None:
    doors = Doors()
    async with doors.owner() as http:
        word = http.headers.pop(CSRF)
        for shown in ({}, {CSRF: "x" * len(word)}, {CSRF: ""}, {CSRF: word[:-1]}):
            reply = await http.delete(ACCOUNT, headers=shown)
            assert outcome(reply) == (403, "csrf_token_required"), shown
        assert doors.labels
        assert (await http.delete(ACCOUNT, headers={CSRF: word})).status_code == 200
    assert not doors.labels


async def test_a_word_without_its_cookie_or_with_another_is_none() -> None:
    async with Doors().owner() as http:
        http.cookies.delete(CSRF_COOKIE)
        assert outcome(await http.delete(ACCOUNT)) == (403, "csrf_token_required")
        http.cookies.set(CSRF_COOKIE, "made-up", domain="localhost.local")
        assert outcome(await http.delete(ACCOUNT, headers={CSRF: "made-up"})) == (403, "csrf_token_required")


async def test_keys_and_visitors_without_a_session_need_none_and_get_no_cookie() -> None:
    doors = Doors()
    async with doors.browser() as http:
        assert "set-cookie" not in (await http.get("/auth/dashboard-status")).headers
        assert (await http.delete(ACCOUNT, headers=BOSS)).status_code == 200
        assert (await http.post("/auth/dashboard-logout")).status_code == 200
