"""Sessions over Litestar's middleware."""

import httpx
import pytest

from codex_proxy.server.admin.access.sessions import COOKIE, SECURE_PREFIX
from tests.operations.access.household import OTHER, PASSWORD
from tests.server.admin.access.doors import ELSEWHERE, HERE, Doors, log_in
from tests.server.admin.accounts.plane import BOSS


async def authenticated(http: httpx.AsyncClient) -> bool:
    return bool((await http.get("/auth/dashboard-status")).json()["authenticated"])


async def test_a_token_that_a_browser_brings_is_never_taken_over() -> None:
    doors = Doors()
    await doors.home.dashboard.change(PASSWORD)
    async with doors.browser() as http:
        http.cookies.set(COOKIE, "chosen-by-somebody-else", domain="localhost.local")
        await log_in(http)
        token = http.cookies.get(COOKIE, domain="localhost.local")
        assert token != "chosen-by-somebody-else"
        assert len(token or "") == 64
        assert doors.home.dashboard.sessions.find("chosen-by-somebody-else", doors.home.at) is None


async def test_every_proof_of_the_password_gives_another_token_and_ends_the_old_one() -> None:
    doors = Doors()
    async with doors.owner() as http:
        first = http.cookies[COOKIE]
        doors.home.at += 1
        reply = await http.post("/auth/dashboard-sudo", json={"password": PASSWORD})
        assert reply.status_code == 200, reply.text
        assert http.cookies[COOKIE] != first
        assert await authenticated(http)
        http.cookies.set(COOKIE, first, domain="localhost.local")
        assert not await authenticated(http)


async def test_a_request_that_changes_nothing_writes_no_cookie() -> None:
    async with Doors().owner() as http:
        assert "set-cookie" not in (await http.get("/auth/accounts")).headers


async def test_the_cookie_is_for_no_script_and_no_other_site() -> None:
    doors = Doors()
    await doors.home.dashboard.change(PASSWORD)
    async with doors.browser() as http:
        reply = await http.post("/auth/dashboard-login", json={"password": PASSWORD})
    told = reply.headers["set-cookie"].lower()
    assert all(word in told for word in ("httponly", "samesite=strict", "path=/", "max-age=604800"))
    assert "domain" not in told
    assert "secure" not in told


async def test_behind_tls_the_cookie_is_the_hosts_alone() -> None:
    doors = Doors(trusted=("127.0.0.0/8",))
    await doors.home.dashboard.change(PASSWORD)
    async with doors.browser() as http:
        http.headers.update({"x-forwarded-for": ELSEWHERE[0], "x-forwarded-proto": "https"})
        reply = await http.post("/auth/dashboard-login", json={"password": PASSWORD})
    assert reply.headers["set-cookie"].startswith(f"{SECURE_PREFIX}{COOKIE}=")
    assert "Secure" in reply.headers["set-cookie"]


async def test_s_08_logging_out_ends_the_session_and_no_account() -> None:
    doors = Doors()
    async with doors.owner() as http:
        token = http.cookies[COOKIE]
        assert (await http.post("/auth/dashboard-logout")).json() == {"success": True}
        assert doors.home.dashboard.sessions.find(token, doors.home.at) is None
        assert not await authenticated(http)
        assert (await http.get("/auth/accounts")).status_code == 401
    assert doors.labels


async def test_s_08_a_request_under_way_does_not_bring_an_ended_session_back() -> None:
    doors = Doors()
    async with doors.owner() as http:
        reply = await http.post("/admin/dashboard-password", json={"password": OTHER})
        assert reply.json()["sessions_ended"] == 1
        assert not await authenticated(http)
        assert doors.home.dashboard.sessions.all(doors.home.at) == ()


async def test_a_session_ends_by_rest() -> None:
    doors = Doors()
    async with doors.owner() as http:
        doors.home.at += 3601
        assert (await http.get("/auth/accounts")).status_code == 401


async def test_s_01_a_session_is_a_credential_from_anywhere_and_nothing_else_is() -> None:
    doors = Doors(trusted=("10.0.0.0/8",))
    await doors.home.dashboard.change(PASSWORD)
    for client in (HERE, ELSEWHERE, ("10.0.0.1", 1), None):
        for forwarded in ({}, {"x-forwarded-for": "127.0.0.1"}, {"x-forwarded-for": "127.0.0.1, 203.0.113.9"}):
            async with doors.browser(client=client) as http:
                assert (await http.get("/auth/accounts", headers=forwarded)).status_code == 401
                assert (await http.get("/auth/accounts", headers={**forwarded, **BOSS})).status_code == 200
                http.headers.update(forwarded)
                await log_in(http)
                assert (await http.get("/auth/accounts")).status_code == 200


async def test_s_01_without_a_password_other_machines_are_served_nothing() -> None:
    doors = Doors()
    for client, forwarded in ((ELSEWHERE, {}), (HERE, {"x-forwarded-for": "127.0.0.1"}), (None, {})):
        async with doors.browser(client=client) as http:
            reply = await http.get("/auth/accounts", headers={**forwarded, **BOSS})
            assert (reply.status_code, reply.json()["code"]) == (403, "no_password_yet")
            assert "codex-proxy password set" in reply.json()["error"]
            assert (await http.get("/auth/dashboard-status", headers=forwarded)).json()["password_set"] is False
    async with doors.browser() as http:
        assert (await http.get("/auth/accounts", headers=BOSS)).status_code == 200


@pytest.mark.parametrize("shown", ["Bearer wrong", "Bearer worker"])
async def test_a_key_that_is_shown_decides(shown: str) -> None:
    async with Doors().owner() as http:
        reply = await http.get("/auth/accounts", headers={"authorization": shown})
    assert reply.status_code == (401 if "wrong" in shown else 403)
