"""Password, second factor and sessions in their owner's hands."""

import pyotp
import pytest

from tests.operations.access.household import OTHER, PASSWORD
from tests.server.admin.access.doors import Doors, log_in
from tests.server.admin.accounts.plane import BOSS, outcome

PATH = "/admin/dashboard-password"
TOTP = "/admin/dashboard-totp"


async def test_a_command_sets_the_password_without_a_session() -> None:
    doors = Doors()
    async with doors.browser() as http:
        assert outcome(await http.post(PATH, json={"password": "short"}, headers=BOSS)) == (400, "weak_password")
        reply = await http.post(PATH, json={"password": PASSWORD, "more": 1}, headers=BOSS)
        assert reply.json() == {
            "success": True,
            "sessions_ended": 0,
            "warnings": ["unknown field 'more' was ignored"],
        }
        await log_in(http)
        assert (await http.post(PATH, json={"password": OTHER})).json()["sessions_ended"] == 1
        await log_in(http, OTHER)


async def test_a_link_leads_to_the_address_that_was_asked() -> None:
    doors = Doors()
    async with doors.browser() as http:
        made = (await http.post("/admin/dashboard-setup-link", headers=BOSS)).json()
        assert made["url"] == "http://localhost:8080/auth/setup#token-1"
        assert made["expires_at"] == "2023-11-15T22:13:20.000Z"


@pytest.mark.parametrize(("trusted", "scheme"), [(("127.0.0.0/8",), "https"), ((), "http")])
async def test_a_link_says_https_where_a_trusted_proxy_does(trusted: tuple[str, ...], scheme: str) -> None:
    doors = Doors(trusted=trusted)
    await doors.home.dashboard.change(PASSWORD)
    async with doors.browser() as http:
        forwarded = {"x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "https"}
        made = (await http.post("/admin/dashboard-setup-link", headers=BOSS | forwarded)).json()
    assert made["url"].startswith(f"{scheme}://localhost:8080/auth/setup#")


async def test_a_second_factor_from_its_secret_to_its_end() -> None:
    doors = Doors()
    async with doors.owner() as http:
        begun = (await http.post(TOTP)).json()
        assert begun["secret"] in begun["uri"]
        assert outcome(await http.post(f"{TOTP}/confirm", json={"code": "no"})) == (409, "second_factor_unusable")
        code = pyotp.TOTP(begun["secret"]).at(int(doors.home.at))
        reply = (await http.post(f"{TOTP}/confirm", json={"code": code})).json()
        assert len(reply["recovery_codes"]) == 10
        assert outcome(await http.post(TOTP)) == (409, "second_factor_unusable")
        assert (await http.delete(TOTP)).json() == {"success": True, "removed": True}


async def test_sessions_are_listed_and_ended() -> None:
    doors = Doors()
    async with doors.owner() as first, doors.owner() as second:
        listed = (await first.get("/admin/sessions")).json()["sessions"]
        assert sorted(each["current"] for each in listed) == [False, True]
        assert {each["address"] for each in listed} == {"127.0.0.1"}
        other = next(each["id"] for each in listed if not each["current"])
        assert (await first.delete(f"/admin/sessions/{other}")).json() == {"success": True, "ended": 1}
        assert outcome(await first.delete(f"/admin/sessions/{other}")) == (404, "unknown_session")
        assert (await second.get("/auth/accounts")).status_code == 401
        await log_in(second)
        assert (await first.delete("/admin/sessions")).json()["ended"] == 1
        assert (await second.get("/auth/accounts")).status_code == 401
        assert (await first.get("/auth/accounts")).status_code == 200
