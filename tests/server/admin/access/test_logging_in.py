"""How the owner comes in."""

import pytest

from codex_proxy.access.dashboard.guessing import FREE_COUNT
from tests.operations.access.household import OTHER, PASSWORD
from tests.server.admin.access.doors import ELSEWHERE, EXPORT, Doors, log_in
from tests.server.admin.accounts.plane import BOSS, outcome

LOGIN = "/auth/dashboard-login"
SUDO = "/auth/dashboard-sudo"


async def test_from_a_setup_link_to_a_session_and_out() -> None:
    doors = Doors()
    async with doors.browser(client=ELSEWHERE) as http:
        assert outcome(await http.post(LOGIN, json={"password": PASSWORD})) == (409, "no_password_yet")
        await doors.home.dashboard.make_link("http://x")
        wrong = {"token": "token-9", "password": PASSWORD}
        assert outcome(await http.post("/auth/dashboard-setup", json=wrong)) == (403, "setup_link_unusable")
        weak = {"token": "token-1", "password": "short"}
        assert outcome(await http.post("/auth/dashboard-setup", json=weak)) == (400, "weak_password")
        right = {"token": "token-1", "password": PASSWORD}
        assert (await http.post("/auth/dashboard-setup", json=right)).json() == {"success": True}
        assert outcome(await http.post("/auth/dashboard-setup", json=right)) == (403, "setup_link_unusable")
        before = (await http.get("/auth/dashboard-status")).json()
        assert (before["required"], before["authenticated"], before["csrf_token"]) == (True, False, None)
        await log_in(http)
        after = (await http.get("/auth/dashboard-status")).json()
        assert (after["authenticated"], after["sudo_until"]) == (True, "2023-11-14T22:18:20.000Z")


@pytest.mark.parametrize("password", ["пароль", "", OTHER, "\ud800", "x" * 100_000])
async def test_s_09_a_wrong_password_of_any_kind_is_a_401(password: str) -> None:
    doors = Doors()
    await doors.home.dashboard.change(PASSWORD)
    async with doors.browser() as http:
        escaped = '{"password":"\\ud800"}' if password == "\ud800" else None
        body = {"content": escaped} if escaped else {"json": {"password": password}}
        reply = await http.post(LOGIN, headers={"content-type": "application/json"}, **body)
    assert outcome(reply) in {(401, "wrong_credentials"), (400, "invalid_request")}
    assert "set-cookie" not in reply.headers
    assert doors.defects == []


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"password":7}', b'{"word":"x"}'])
async def test_what_is_no_login_is_a_400(content: bytes) -> None:
    doors = Doors()
    await doors.home.dashboard.change(PASSWORD)
    async with doors.browser() as http:
        reply = await http.post(LOGIN, content=content, headers={"content-type": "application/json"})
    assert outcome(reply) == (400, "invalid_request")


async def test_whoever_guesses_is_told_to_wait() -> None:
    doors = Doors()
    await doors.home.dashboard.change(PASSWORD)
    async with doors.browser(client=ELSEWHERE) as http:
        for _ in range(FREE_COUNT):
            assert (await http.post(LOGIN, json={"password": "guessed"})).status_code == 401
        reply = await http.post(LOGIN, json={"password": PASSWORD})
    assert outcome(reply) == (429, "too_many_guesses")
    assert reply.headers["retry-after"] == "2"


async def test_secrets_want_the_password_again_after_five_minutes() -> None:
    doors = Doors()
    async with doors.owner() as http:
        assert (await http.get(EXPORT)).text == "secrets"
        doors.home.at += 301
        assert outcome(await http.get(EXPORT)) == (403, "sudo_required")
        assert outcome(await http.post("/admin/dashboard-password", json={"password": OTHER})) == (403, "sudo_required")
        assert (await http.get("/auth/accounts")).status_code == 200
        assert outcome(await http.post(SUDO, json={"password": "wrong"})) == (401, "wrong_credentials")
        assert outcome(await http.get(EXPORT)) == (403, "sudo_required")
        assert (await http.post(SUDO, json={"password": PASSWORD})).status_code == 200
        assert (await http.get(EXPORT)).text == "secrets"


async def test_s_20_no_link_of_another_site_leads_to_an_export() -> None:
    async with Doors().owner() as http:
        for site in ("cross-site", "same-site"):
            assert outcome(await http.get(EXPORT, headers={"sec-fetch-site": site})) == (403, "foreign_page")
        assert (await http.get(EXPORT)).headers["cache-control"] == "no-store"


async def test_a_key_has_no_session_to_prove() -> None:
    async with Doors().browser() as http:
        assert outcome(await http.post(SUDO, json={"password": PASSWORD}, headers=BOSS)) == (400, "no_session")


async def test_with_a_second_factor_the_password_alone_opens_nothing() -> None:
    doors = Doors()
    (code, *_) = await doors.home.with_factor()
    async with doors.browser() as http:
        assert (await http.get("/auth/dashboard-status")).json()["code_required"] is True
        assert outcome(await http.post(LOGIN, json={"password": PASSWORD})) == (401, "wrong_credentials")
        await log_in(http, code=code)
