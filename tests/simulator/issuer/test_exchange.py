"""The token endpoint over HTTP: rotation, ends of tokens, and everything that may go wrong."""

import asyncio
from typing import Any

import httpx
import pytest

from codex_proxy.accounts.account import account_of_token, read_claims
from codex_proxy.simulator.issuer.asking import TOKEN_EXCHANGE
from codex_proxy.simulator.sections.issuer import CLIENT_ID
from tests.simulator.asking import Backend, backend, body
from tests.simulator.issuer.logging_in import code_of, exchange, log_in

AUTO = "issuer: {auto: true}"


def faults(*listed: str) -> str:
    return f"issuer: {{faults: [{', '.join(listed)}]}}"


async def states(simulated: Backend) -> list[str]:
    told = (await simulated.client.get("/__tokens")).json()["refresh_tokens"]
    return [each["state"] for each in told]


async def test_a_code_becomes_tokens_of_whom_it_was_given_to() -> None:
    async with backend(AUTO) as simulated:
        told = (await exchange(simulated, await log_in(simulated))).json()
        account = account_of_token(told["access_token"])
        assert (account.credential.account_id, account.plan) == ("account-1", "plus")
        assert read_claims(told["access_token"])["iss"] == read_claims(told["id_token"])["iss"] == simulated.issuer
        served = await simulated.post(body(), authorization=f"Bearer {told['access_token']}")
    assert served.status_code == 200
    assert told.keys() == {"access_token", "id_token", "refresh_token", "expires_in", "token_type", "scope"}


async def test_every_refresh_gives_a_new_pair_and_the_old_token_is_spent() -> None:
    async with backend() as simulated:
        tokens = [(await simulated.grant())["refresh_token"]]
        for _ in range(3):
            tokens.append((await simulated.refresh(tokens[-1])).json()["refresh_token"])
        assert len(set(tokens)) == 4
        assert [code_of(await simulated.refresh(token)) for token in tokens] == [
            "refresh_token_reused", "refresh_token_reused", "refresh_token_reused", None,
        ]  # fmt: skip
        told = await simulated.told_of(tokens[0])
    assert [(each["answer"], each["spent"]) for each in told["sendings"]] == [
        ("granted", True), ("refresh_token_reused", False),
    ]  # fmt: skip


async def test_a_form_refreshes_too() -> None:
    async with backend() as simulated:
        token = (await simulated.grant())["refresh_token"]
        reply = await simulated.form(
            "/oauth/token", grant_type="refresh_token", client_id=CLIENT_ID, refresh_token=token, scope="openid"
        )
    assert reply.status_code == 200


async def test_expired_unknown_and_foreign_tokens() -> None:
    async with backend("issuer: {refresh_token_seconds: 100}") as simulated:
        token = (await simulated.grant())["refresh_token"]
        assert code_of(await simulated.refresh("rt_unknown")) == "refresh_token_invalidated"
        assert code_of(await simulated.refresh(token, client_id="app_other")) == "refresh_token_invalidated"
        await simulated.advance(101)
        assert code_of(await simulated.refresh(token)) == "refresh_token_expired"
        assert (await simulated.told_of("rt_unknown"))["state"] == "unknown"


async def test_a_deactivated_account_gets_no_tokens_and_spends_none() -> None:
    async with backend() as simulated:
        token = (await simulated.grant("account-1"))["refresh_token"]
        await simulated.play("accounts: [{id: account-1, standing: account_deactivated}]")
        assert code_of(await simulated.refresh(token)) == "account_deactivated"
        await simulated.play("")
        assert code_of(await simulated.refresh(token)) is None


async def test_a_refresh_brings_the_plan_of_now() -> None:
    async with backend("accounts: [{id: acc, plan: free}]") as simulated:
        token = (await simulated.grant("acc"))["refresh_token"]
        await simulated.play("accounts: [{id: acc, plan: pro}]")
        told = (await simulated.refresh(token)).json()
    assert account_of_token(told["access_token"]).plan == "pro"


async def test_tokens_may_stand_in_the_scenario() -> None:
    async with backend("issuer: {refresh_tokens: {rt_mine: account-2}}") as simulated:
        told = (await simulated.refresh("rt_mine")).json()
        assert code_of(await simulated.refresh("rt_mine")) == "refresh_token_reused"
    assert account_of_token(told["access_token"]).credential.account_id == "account-2"


async def test_an_api_key_is_exchanged_for_an_id_token() -> None:
    members = {
        "grant_type": TOKEN_EXCHANGE,
        "client_id": CLIENT_ID,
        "requested_token": "openai-api-key",
        "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
    }
    async with backend() as simulated:
        id_token = (await simulated.grant())["id_token"]
        reply = await simulated.form("/oauth/token", subject_token=id_token, **members)
        refused = await simulated.form("/oauth/token", subject_token="nonsense", **members)
    assert reply.json()["access_token"].startswith("sk-")
    assert code_of(refused) == "invalid_grant"


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        ("rate_limited", 429, "rate_limit_exceeded"),
        ("error", 500, "server_error"),
        ("unavailable", 503, "service_unavailable"),
        ("region", 403, "unsupported_country_region_territory"),
        ("expired", 401, "refresh_token_expired"),
        ("reused", 401, "refresh_token_reused"),
        ("invalidated", 401, "refresh_token_invalidated"),
        ("terminated", 401, "app_session_terminated"),
        ("deactivated", 401, "account_deactivated"),
    ],
)
async def test_a_scripted_refusal_spends_nothing_unless_told_to(answer: str, status: int, code: str) -> None:
    once = f"{{answer: {answer}, when: {{request: 1}}}}"
    spending = f"{{answer: {answer}, spends: true, when: {{request: 1}}}}"
    async with backend(faults(once)) as simulated:
        token = (await simulated.grant())["refresh_token"]
        refused = await simulated.refresh(token)
        assert (refused.status_code, code_of(refused)) == (status, code)
        assert code_of(await simulated.refresh(token)) is None
        await simulated.play(faults(spending))
        other = (await simulated.grant("account-2"))["refresh_token"]
        assert code_of(await simulated.refresh(other)) == code
        assert code_of(await simulated.refresh(other)) == "refresh_token_reused"
        told = await simulated.told_of(other)
    assert told["sendings"][0] | {"at": 0} == {
        "at": 0, "reason": "proactive_expiry", "spent": True, "answer": answer,
    }  # fmt: skip


async def test_a_challenge_and_garbage_are_no_json() -> None:
    async with backend(faults("{answer: challenge, when: {request: 1}}", "{answer: garbage}")) as simulated:
        token = (await simulated.grant())["refresh_token"]
        page, garbage = await simulated.refresh(token), await simulated.refresh(token)
    assert (page.status_code, page.headers["cf-mitigated"]) == (403, "challenge")
    assert (garbage.status_code, garbage.text.startswith("<html>")) == (200, True)


@pytest.mark.parametrize("left_out", ["access_token", "refresh_token"])
@pytest.mark.parametrize("spends", [False, True])
async def test_a_03_b_13_an_answer_may_lack_a_token(left_out: str, spends: bool) -> None:
    async with backend(faults(f"{{answer: no_{left_out}, spends: {spends}, when: {{request: 1}}}}")) as simulated:
        token = (await simulated.grant())["refresh_token"]
        told = (await simulated.refresh(token)).json()
        assert ({"access_token", "refresh_token", "id_token"} - told.keys()) == {left_out}
        assert code_of(await simulated.refresh(token)) == ("refresh_token_reused" if spends else None)


async def test_a_10_b_13_an_answer_may_be_for_somebody_else() -> None:
    async with backend(faults("{answer: other_identity, when: {request: 1}}")) as simulated:
        token = (await simulated.grant("account-1"))["refresh_token"]
        told = (await simulated.refresh(token)).json()
        again = (await simulated.refresh(token)).json()
    accounts = [account_of_token(each["access_token"]).credential.account_id for each in (told, again)]
    assert accounts == ["account-2", "account-1"]


@pytest.mark.parametrize(("spends", "code"), [(False, None), (True, "refresh_token_reused")])
async def test_a_connection_may_be_closed_before_or_after_the_token_is_spent(spends: bool, code: str | None) -> None:
    async with backend(faults(f"{{answer: cut, spends: {spends}, when: {{request: 1}}}}")) as simulated:
        token = (await simulated.grant())["refresh_token"]
        with pytest.raises(httpx.RemoteProtocolError):
            await simulated.refresh(token)
        assert code_of(await simulated.refresh(token)) == code
        told = await simulated.told_of(token)
    assert [each["answer"] for each in told["sendings"]] == ["cut", code or "granted"]


async def test_a_client_that_dies_while_it_waits_has_spent_its_token() -> None:
    async with backend(faults("{answer_after_ms: 60000, when: {request: 1}}")) as simulated:
        token = (await simulated.grant())["refresh_token"]
        async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(simulated.refresh(token))
            while "spent" not in await states(simulated):
                pass
            waiting.cancel()
        assert code_of(await simulated.refresh(token)) == "refresh_token_reused"


async def test_a_stall_says_nothing_until_the_client_leaves() -> None:
    async with backend(faults("{answer: stall, spends: true}")) as simulated:
        token = (await simulated.grant())["refresh_token"]
        async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(simulated.refresh(token))
            while "spent" not in await states(simulated):
                pass
            waiting.cancel()
            while not (await simulated.journal())[0]["left_early"]:
                pass
        told = await simulated.told_of(token)
    assert told["sendings"][0]["answer"] == "stall"


async def spent_again(seed: int) -> list[bool]:
    """Whether each of twenty spent tokens works once more."""
    async with backend("issuer: {spent_tokens: at_random}", seed=seed) as simulated:
        tokens = [(await simulated.grant(f"acc-{number}"))["refresh_token"] for number in range(20)]
        first = [(await simulated.refresh(token)).status_code for token in tokens]
        assert first == [200] * 20
        second = [code_of(await simulated.refresh(token)) for token in tokens]
    assert set(second) == {None, "refresh_token_reused"}
    return [code is None for code in second]


async def test_a_retry_of_a_spent_token_works_or_not_at_random() -> None:
    forgiven = await spent_again(seed=3)
    assert 0 < sum(forgiven) < 20


@pytest.mark.parametrize(
    ("when", "hit"),
    [
        ("account: account-1", [True, True, False]),
        ("request: 2", [False, True, False]),
        ("reason: unauthorized_recovery", [False, True, False]),
        ("grant: refresh_token", [True, True, True]),
        ("grant: authorization_code", [False, False, False]),
    ],
)
async def test_a_fault_meets_whom_it_means(when: str, hit: list[bool]) -> None:
    async with backend(faults(f"{{answer: error, when: {{{when}}}}}")) as simulated:
        one, two = (await simulated.grant("account-1"))["refresh_token"], (await simulated.grant("account-2"))
        replies = [await simulated.refresh(one)]
        one = replies[0].json().get("refresh_token", one)
        replies.append(await simulated.refresh(one, refresh_reason="unauthorized_recovery"))
        replies.append(await simulated.refresh(two["refresh_token"]))
        entries = await simulated.journal()
    assert [reply.status_code == 500 for reply in replies] == hit
    assert [entry["rule"] == "error" for entry in entries] == hit


async def test_a_fault_may_hit_a_share_of_requests() -> None:
    async with backend(faults("{answer: error, share: 0.5}")) as simulated:
        token = (await simulated.grant())["refresh_token"]
        statuses: list[int] = []
        for _ in range(40):
            reply = await simulated.refresh(token)
            statuses.append(reply.status_code)
            token = reply.json().get("refresh_token", token)
    assert set(statuses) == {200, 500}


async def test_a_fault_of_a_code_leaves_it_good_unless_it_spends() -> None:
    fault: Any = "{{answer: unavailable, spends: {spends}, when: {{grant: authorization_code, request: 1}}}}"
    for spends, code in ((False, None), (True, "invalid_grant")):
        scenario = faults(fault.format(spends=spends)).replace("{faults", "{auto: true, faults", 1)
        async with backend(scenario) as simulated:
            shown = await log_in(simulated)
            assert (await exchange(simulated, shown)).status_code == 503
            assert code_of(await exchange(simulated, shown)) == code
