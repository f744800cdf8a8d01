"""Refreshes at the simulated issuer over our HTTP client: what each answer means, and what was spent by it."""

import hashlib
from typing import Any

import pytest

from codex_proxy.accounts.issuer import Grant, IssuerError, RefreshReason, Refusal
from codex_proxy.gateway.ports import Route
from codex_proxy.login.endpoint import EndpointParts, TokenEndpoint
from codex_proxy.login.places import places_of
from codex_proxy.server.listeners import bind
from codex_proxy.transports.clients import ClientPool, Timeouts
from codex_proxy.transports.http import HttpTransport
from tests.gateway.scene import EgressTold
from tests.protocols.codex.parts import CLIENT
from tests.scenarios.login_stage import ROW, HurriedClock, LoginStage, login_stage

TOKEN = "rt_planted-in-the-scenario"


def scenario(answer: str = "usual", *, spends: bool = False) -> str:
    fault = f"[{{answer: {answer}, spends: {str(spends).lower()}, when: {{request: 1}}}}]"
    return f"issuer: {{refresh_tokens: {{{TOKEN}: account-1}}, faults: {fault}}}"


async def refreshed(stage: LoginStage, token: str = TOKEN) -> Grant:
    return await stage.issuer.refresh(token, issuer=stage.simulator, reason=RefreshReason.PROACTIVE, row_id=ROW)


async def refused(stage: LoginStage, token: str = TOKEN) -> IssuerError:
    with pytest.raises(IssuerError) as caught:
        await refreshed(stage, token)
    assert token not in str(caught.value)
    return caught.value


async def sendings(stage: LoginStage, token: str = TOKEN) -> list[dict[str, Any]]:
    """Each time that a token was sent."""
    told = (await stage.browser.get(f"{stage.simulator}/__tokens")).json()["refresh_tokens"]
    digest = hashlib.sha256(token.encode()).hexdigest()
    return [sending for known in told if known["digest"] == digest for sending in known["sendings"]]


async def test_a_refresh_brings_a_pair_and_spends_the_old_one() -> None:
    async with login_stage(scenario()) as stage:
        grant = await refreshed(stage)
        assert (grant.identity.issuer, grant.identity.account_id) == (stage.simulator, "account-1")
        assert grant.secrets.refresh_token not in {None, TOKEN}
        [sending] = await sendings(stage)
        assert (sending["reason"], sending["spent"], sending["answer"]) == ("proactive_expiry", True, "granted")
        [entry] = await stage.asked()
        members = list(entry["body"])
        assert members == ["client_id", "grant_type", "refresh_reason", "refresh_token"]
        assert (await refused(stage)).refusal is Refusal.REFRESH_TOKEN_REUSED


@pytest.mark.parametrize(
    ("answer", "refusal", "maybe_spent"),
    [
        ("expired", Refusal.REFRESH_TOKEN_EXPIRED, False),
        ("reused", Refusal.REFRESH_TOKEN_REUSED, False),
        ("invalidated", Refusal.REFRESH_TOKEN_REVOKED, False),
        ("terminated", Refusal.REFRESH_TOKEN_REVOKED, False),
        ("deactivated", Refusal.DEACTIVATED, False),
        ("region", Refusal.REGION, False),
        ("challenge", Refusal.CHALLENGE, False),
        ("rate_limited", Refusal.RATE_LIMITED, False),
        ("error", Refusal.UNAVAILABLE, False),
        ("unavailable", Refusal.UNAVAILABLE, False),
        ("garbage", Refusal.PROTOCOL, True),
        ("cut", Refusal.NO_ANSWER, True),
    ],
)
async def test_every_answer_is_classified_and_nothing_is_sent_twice(
    answer: str, refusal: Refusal, *, maybe_spent: bool
) -> None:
    async with login_stage(scenario(answer)) as stage:
        told = await refused(stage)
        assert (told.refusal, told.maybe_spent) == (refusal, maybe_spent)
        assert (told.retry_after_seconds is not None) == (answer == "rate_limited")
        assert len(await sendings(stage)) == 1


async def test_an_issuer_that_never_answers_may_have_spent_the_token() -> None:
    async with login_stage(scenario("stall", spends=True), answer_seconds=0.2) as stage:
        told = await refused(stage)
        assert (told.refusal, told.maybe_spent) == (Refusal.NO_ANSWER, True)
        [sending] = await sendings(stage)
        assert sending["spent"]


async def test_a_03_an_answer_without_refresh_token_brings_an_access_token_alone() -> None:
    async with login_stage(scenario("no_refresh_token")) as stage:
        secrets = (await refreshed(stage)).secrets
        assert secrets.access_token is not None
        assert secrets.refresh_token is None


async def test_b_13_half_an_answer_keeps_its_refresh_token_for_the_next_try() -> None:
    async with login_stage(scenario("no_access_token", spends=True)) as stage:
        told = await refused(stage)
        assert (told.refusal, told.maybe_spent) == (Refusal.PROTOCOL, True)
        assert told.came is not None
        assert told.came.refresh_token is not None
        assert (await refreshed(stage, told.came.refresh_token)).identity.account_id == "account-1"


async def test_b_13_an_answer_for_somebody_else_says_so() -> None:
    async with login_stage(scenario("other_identity")) as stage:
        assert (await refreshed(stage)).identity.account_id != "account-1"


async def test_a_revoked_token_works_no_more() -> None:
    async with login_stage(scenario()) as stage:
        await stage.issuer.revoke(TOKEN, issuer=stage.simulator, row_id=ROW)
        assert (await refused(stage)).refusal is Refusal.REFRESH_TOKEN_REVOKED


async def test_a_token_of_another_issuer_never_leaves() -> None:
    async with login_stage(scenario()) as stage:
        with pytest.raises(IssuerError) as caught:
            await stage.issuer.refresh(
                TOKEN, issuer="https://auth.openai.com", reason=RefreshReason.PROACTIVE, row_id=ROW
            )
        assert caught.value.refusal is Refusal.WRONG_ISSUER
        assert (await sendings(stage), await stage.asked()) == ([], [])


async def test_an_issuer_that_is_not_there_was_sent_nothing() -> None:
    deaf = bind("127.0.0.1", 0)  # bound, but nobody listens
    clock, timeouts = HurriedClock(), Timeouts()
    transport = HttpTransport(pool=ClientPool(timeouts=timeouts, now=clock.now), timeouts=timeouts)
    url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
    endpoint = TokenEndpoint(
        EndpointParts(
            places=places_of(authorize_url=f"{url}/oauth/authorize", token_url=f"{url}/oauth/token"),
            client_id="app_test",
            transport=transport,
            route_of=lambda row_id, base: Route(base_url=base, account_id=row_id),
            egress=EgressTold(),
            clock=clock,
            client=lambda: CLIENT,
        )
    )
    with pytest.raises(IssuerError) as caught:
        await endpoint.refresh(TOKEN, issuer=url, reason=RefreshReason.UNAUTHORIZED, row_id=ROW)
    assert (caught.value.refusal, caught.value.maybe_spent) == (Refusal.UNREACHABLE, False)
    await transport.close()
    deaf.close()
