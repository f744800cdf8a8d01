"""Device logins."""

import re
from datetime import datetime

import pytest

from codex_proxy.simulator.issuer.device import CALLBACK
from tests.simulator.asking import Backend, backend
from tests.simulator.issuer.logging_in import buttons, code_of, exchange, poll, usercode

HOME = "https://auth.openai.com"


async def approve(simulated: Backend, user_code: str, account: str = "account-2") -> int:
    return (await simulated.form("/codex/device", user_code=user_code, account=account)).status_code


async def test_b_16_pending_until_somebody_approves_then_a_code_for_tokens() -> None:
    async with backend() as simulated:
        begun = await usercode(simulated)
        assert begun["interval"] == "5"
        assert re.fullmatch(r"[A-Z]{4}-\d{5}", begun["user_code"])
        assert datetime.fromisoformat(begun["expires_at"]).tzinfo is not None
        pending = await poll(simulated, begun)
        assert (pending.status_code, code_of(pending)) == (403, "deviceauth_authorization_unknown")
        page = await simulated.client.get(f"{simulated.issuer}/codex/device?user_code={begun['user_code']}")
        assert [name.partition("/")[0] for name in buttons(page)] == ["account-1", "account-2", "deny"]
        assert await approve(simulated, begun["user_code"].lower()) == 200
        told = (await poll(simulated, begun)).json()
        assert (await poll(simulated, begun)).json() == told
        known = {"redirect_uri": simulated.issuer + CALLBACK, "code_verifier": told["code_verifier"]}
        tokens = await exchange(simulated, told["authorization_code"], **known)
        again = await exchange(simulated, told["authorization_code"], **known)
        listed = await simulated.told_of(tokens.json()["refresh_token"])
    assert (listed["account"], code_of(again)) == ("account-2", "invalid_grant")


@pytest.mark.parametrize(
    ("redirect_uri", "status"), [(HOME + CALLBACK, 200), ("http://127.0.0.1:1455/auth/callback", 400)]
)
async def test_its_code_is_good_for_its_own_callback_only(redirect_uri: str, status: int) -> None:
    async with backend("issuer: {device: {auto_after: 0}}") as simulated:
        told = (await poll(simulated, await usercode(simulated))).json()
        reply = await exchange(
            simulated, told["authorization_code"], redirect_uri=redirect_uri, code_verifier=told["code_verifier"]
        )
    assert reply.status_code == status


async def test_it_may_approve_by_itself_after_a_while() -> None:
    async with backend("issuer: {device: {auto_after: 2, pending_status: 404}}") as simulated:
        begun = await usercode(simulated)
        statuses = [(await poll(simulated, begun)).status_code for _ in range(3)]
    assert statuses == [404, 404, 200]


async def test_denied_expired_and_unknown_are_told_apart() -> None:
    async with backend() as simulated:
        denied, late = await usercode(simulated), await usercode(simulated)
        assert await approve(simulated, denied["user_code"], "deny") == 200
        assert await approve(simulated, denied["user_code"]) == 400
        await simulated.advance(901)
        codes = [code_of(await poll(simulated, denied)), code_of(await poll(simulated, late))]
        unknown = await poll(simulated, late, user_code="AAAA-00000")
        assert await approve(simulated, late["user_code"]) == 400
    assert codes == ["expired_token", "expired_token"]
    assert unknown.status_code == 404


async def test_a_denial_is_told_while_the_code_lasts() -> None:
    async with backend() as simulated:
        begun = await usercode(simulated)
        await approve(simulated, begun["user_code"], "deny")
        assert code_of(await poll(simulated, begun)) == "access_denied"


async def test_who_asks_in_a_hurry_is_slowed_down_where_the_scenario_wants_it() -> None:
    async with backend("issuer: {device: {slow_down: true, interval_seconds: 60}}") as simulated:
        begun = await usercode(simulated)
        codes = [code_of(await poll(simulated, begun)) for _ in range(2)]
        await simulated.advance(61)
        codes.append(code_of(await poll(simulated, begun)))
    assert codes == ["deviceauth_authorization_unknown", "slow_down", "deviceauth_authorization_unknown"]


async def test_nobody_by_that_name_approves_nothing() -> None:
    async with backend() as simulated:
        begun = await usercode(simulated)
        assert await approve(simulated, begun["user_code"], "nobody") == 400
        assert (await poll(simulated, begun)).status_code == 403
