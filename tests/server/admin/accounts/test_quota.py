"""Limits through the interface."""

import pytest

from codex_proxy.accounts.issuer import Grant
from codex_proxy.accounts.quota.warnings import Thresholds
from codex_proxy.accounts.record import Identity, Secrets
from codex_proxy.canonical.rate_limits import RateLimitSnapshot, RateLimitWindow
from tests.operations.accounts.household import UUIDS, A, B, limits
from tests.operations.login.stage import NOW
from tests.operations.quota.stand_ins import reply
from tests.server.admin.accounts.plane import Plane, outcome

QUOTA = f"/auth/accounts/{A}/quota"
CREDITS = f"/auth/accounts/{A}/reset-credits"


async def plane_with_account() -> Plane:
    plane = Plane()
    await plane.house.add(A)
    return plane


async def test_limits_as_they_are_shown_and_as_they_came() -> None:
    plane = await plane_with_account()
    plane.house.transport.add(reply(limits(42)))
    async with plane.serving() as http:
        told = (await http.get(QUOTA)).json()
    assert told["quota"]["rate_limit"]["used_percent"] == 42
    assert told["raw"] == limits(42)


async def test_q_22_a_refusal_says_what_helps() -> None:
    plane = await plane_with_account()
    plane.house.transport.add(reply({"detail": "eyJhbGciOiJSUzI1NiJ9.secret.x is no token"}, 401))
    async with plane.serving() as http:
        answer = await http.get(QUOTA)
    assert outcome(answer) == (502, "unauthorized")
    assert "log in again" in answer.json()["hint"]
    assert answer.json()["detail"]
    assert "secret" not in answer.text


async def test_nobody_and_the_dead() -> None:
    plane = Plane()
    named_nowhere = Grant(identity=Identity(issuer="i"), secrets=Secrets(refresh_token="rt_never-exchanged"))
    await plane.house.add(B, named_nowhere)
    async with plane.serving() as http:
        for path in ("quota", "reset-credits"):
            assert outcome(await http.get(f"/auth/accounts/{A}/{path}")) == (404, "unknown_account")
            assert outcome(await http.get(f"/auth/accounts/{B}/{path}")) == (409, "needs_login")
        assert outcome(await http.post(f"/auth/accounts/{B}/reset-credits/consume")) == (409, "needs_login")


async def test_q_04_a_credit_is_redeemed_once() -> None:
    plane = await plane_with_account()
    plane.house.transport.add(reply({"available_count": 1, "credits": []}), reply({"code": "reset"}), reply(limits(0)))
    async with plane.serving() as http:
        assert (await http.get(CREDITS)).json() == {"available_count": 1, "credits": [], "next_expires_at": None}
        done = (await http.post(f"{CREDITS}/consume", json={"redeem_request_id": UUIDS[1]})).json()
        assert (done["success"], done["redeem_request_id"]) == (True, UUIDS[1])
        assert done["quota"]["rate_limit"]["used_percent"] == 0
        again = await http.post(f"{CREDITS}/consume")
    assert (outcome(again), again.headers["retry-after"]) == ((429, "cooldown"), "30")


@pytest.mark.parametrize("request_id", ["1", "11111111-1111-1111-8111-111111111111", 7])
async def test_only_a_version_4_uuid_makes_asking_again_harmless(request_id: object) -> None:
    plane = await plane_with_account()
    async with plane.serving() as http:
        refused = await http.post(f"{CREDITS}/consume", json={"redeem_request_id": request_id})
    assert (outcome(refused), plane.house.asked) == ((400, "invalid_request"), [])


async def test_no_credit_is_said_so() -> None:
    plane = await plane_with_account()
    plane.house.transport.add(reply({"code": "no_credit"}))
    async with plane.serving() as http:
        assert outcome(await http.post(f"{CREDITS}/consume")) == (409, "no_credit")


async def test_q_12_warnings_of_limits_that_are_nearly_reached() -> None:
    plane = await plane_with_account()
    window = RateLimitWindow(used_percent=85, window_seconds=604_800, resets_in_seconds=60)
    plane.house.pool.observe(A, RateLimitSnapshot(primary=window), NOW)
    async with plane.serving() as http:
        told = (await http.get("/auth/quota/warnings")).json()
        plane.thresholds = Thresholds(primary=(90.0,))
        assert (await http.get("/auth/quota/warnings")).json()["warnings"] == []
    assert told == {
        "warnings": [
            {
                "accountId": A,
                "email": "aaaa@example.invalid",
                "bucket": "codex",
                "window": "primary",
                "windowName": "weekly",
                "level": "warning",
                "usedPercent": 85.0,
                "resetAt": NOW + 60,
            }
        ],
        "updatedAt": "2027-01-15T08:00:00.000Z",
    }
