"""Credits that empty an account's windows."""

import json
from typing import Any

import pytest

from codex_proxy.protocols.codex.strictness.refusal import Refused
from codex_proxy.simulator.quota.reset_credits import ResetCredits
from codex_proxy.simulator.sections.accounts import ResetCreditSettings
from tests.simulator.asking import Backend, backend, body, token

ONE = "3f0c1d3e-9a55-4a0e-8f6b-0a1b2c3d4e5f"
OTHER = "7d9f4c1a-1111-4222-8333-444455556666"
FULL = "primary: {seconds: 3600, used_percent: 100}"
CREDITS = "/wham/rate-limit-reset-credits"


def of(*expiries: float) -> ResetCredits:
    settings = [ResetCreditSettings(expires_in_seconds=each) for each in expiries]
    return ResetCredits(settings, owner="a/u", now=0.0)


def consume(credits_: ResetCredits, now: float = 1.0, *, held: bool = True, **members: Any) -> str:
    reply = credits_.consume({"redeem_request_id": ONE} | members, now=now, restart=lambda _: held)
    return str(json.loads(reply.body)["code"])


def test_one_is_redeemed_the_one_that_expires_first() -> None:
    credits_ = of(500, 100)
    assert consume(credits_) == "reset"
    told = json.loads(credits_.listing(2).body)
    assert (told["available_count"], [each["status"] for each in told["credits"]]) == (1, ["available", "redeemed"])
    assert told["credits"][1] | {"id": "", "reset_type": ""} == {
        "id": "",
        "status": "redeemed",
        "reset_type": "",
        "granted_at": "1970-01-01T00:00:00Z",
        "expires_at": "1970-01-01T00:01:40Z",
        "redeemed_at": "1970-01-01T00:00:01Z",
    }


def test_q_04_the_same_request_redeems_once_and_another_one_again() -> None:
    credits_ = of(100, 100)
    assert [consume(credits_), consume(credits_), consume(credits_)] == [
        "reset",
        "already_redeemed",
        "already_redeemed",
    ]
    assert len(credits_.available(1)) == 1
    assert consume(credits_, redeem_request_id=OTHER) == "reset"


def test_nothing_is_redeemed_for_nothing() -> None:
    credits_ = of(100)
    assert consume(credits_, held=False) == "nothing_to_reset"
    assert consume(credits_, now=101) == "no_credit"
    assert consume(credits_, credit_id="another") == "no_credit"
    assert consume(credits_, credit_id=credits_.available(1)[0].credit_id) == "reset"


@pytest.mark.parametrize(
    "wrong",
    [
        {"redeem_request_id": None},
        {"redeem_request_id": "soon"},
        {"redeem_request_id": "3f0c1d3e-9a55-1a0e-8f6b-0a1b2c3d4e5f"},
        {"credit_id": 7},
    ],
)
def test_a_request_names_itself_by_a_version_4_uuid(wrong: dict[str, Any]) -> None:
    with pytest.raises(Refused, match=next(iter(wrong))):
        consume(of(100), **wrong)


async def redeem(simulated: Backend, **members: Any) -> Any:
    headers = {"authorization": f"Bearer {token()}"}
    reply = await simulated.client.post(
        f"{CREDITS}/consume", json={"redeem_request_id": ONE} | members, headers=headers
    )
    return reply.json()


async def test_over_http_a_redeemed_credit_opens_the_account() -> None:
    async with backend(f"accounts: [{{id: acc, {FULL}, reset_credits: [{{}}]}}]") as simulated:
        assert (await simulated.post(body())).status_code == 429
        assert (await simulated.used())["rate_limit_reset_credits"] == {"available_count": 1}
        assert (await simulated.get(CREDITS)).json()["available_count"] == 1
        assert await redeem(simulated) == {"code": "reset"}
        assert (await simulated.post(body())).status_code == 200
        assert await redeem(simulated) == {"code": "already_redeemed"}
        told = await simulated.used()
        assert (await redeem(simulated, redeem_request_id="soon"))["error"]["param"] == "redeem_request_id"
    assert told["rate_limit_reset_credits"] == {"available_count": 0}
    assert told["rate_limit"]["limit_reached"] is False


async def test_an_account_without_any_has_an_empty_list() -> None:
    async with backend() as simulated:
        assert (await simulated.get(CREDITS)).json() == {"available_count": 0, "credits": []}
        assert await redeem(simulated) == {"code": "no_credit"}
