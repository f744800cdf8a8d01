"""The backend over HTTP: revoked tokens, rules for lookups, what is paid for."""

from codex_proxy.accounts.account import account_of_token
from tests.simulator.asking import Backend, backend, body, events_of, token

NEARLY_UP = "primary: {seconds: 600, used_percent: 90, per_request_percent: 10}"


async def status_of(simulated: Backend, access_token: str) -> tuple[int, str | None]:
    reply = await simulated.post(body(), authorization=f"Bearer {access_token}")
    return reply.status_code, reply.json()["error"]["code"] if reply.status_code != 200 else None


async def test_a_18_tokens_taken_back_are_refused_and_those_of_a_refresh_are_not() -> None:
    async with backend() as simulated:
        old = await simulated.grant("acc")
        imported = token("acc")
        assert await status_of(simulated, old["access_token"]) == (200, None)
        await simulated.client.post("/__revoke", json={"account": "acc"})
        for taken_back in (old["access_token"], imported):
            assert await status_of(simulated, taken_back) == (401, "token_revoked")
        new = (await simulated.refresh(old["refresh_token"])).json()
        assert await status_of(simulated, new["access_token"]) == (200, None)
        assert await status_of(simulated, (await simulated.grant("other"))["access_token"]) == (200, None)


async def test_a_login_that_was_ended_takes_its_access_tokens_along() -> None:
    async with backend() as simulated:
        granted = await simulated.grant("acc")
        await simulated.client.post("/__revoke", json={"account": "acc", "logins": True})
        assert await status_of(simulated, granted["access_token"]) == (401, "token_revoked")
        refused = await simulated.refresh(granted["refresh_token"])
    assert refused.json()["error"]["code"] == "refresh_token_invalidated"


async def test_an_access_token_expires_by_the_simulated_clock() -> None:
    async with backend("issuer: {access_token_seconds: 60}") as simulated:
        access_token = (await simulated.grant("acc"))["access_token"]
        assert await status_of(simulated, access_token) == (200, None)
        await simulated.advance(61)
        assert await status_of(simulated, access_token) == (401, "token_expired")


async def test_q_22_a_rule_may_answer_a_lookup_that_it_names() -> None:
    rules = "[{when: {endpoint: wham/usage}, reply: {status: 403, body: no}}, {reply: {status: 500}}]"
    async with backend(f"rules: {rules}") as simulated:
        statuses = [(await simulated.get(path)).status_code for path in ("/wham/usage", "/codex/models")]
        answered = await simulated.post(body())
    assert (statuses, answered.status_code) == ([403, 200], 500)


async def test_a_compaction_is_paid_for_and_a_scripted_refusal_is_not() -> None:
    scripted = "rules: [{when: {request: 1, endpoint: responses}, reply: {status: 500}}]"
    async with backend(f"{{accounts: [{{id: acc, {NEARLY_UP}}}], {scripted}}}") as simulated:
        compaction = {"model": "gpt-5.4", "input": body()["input"]}
        headers = {"authorization": f"Bearer {token()}"}
        assert (await simulated.post(body())).status_code == 500
        statuses = [
            (await simulated.client.post("/codex/responses/compact", json=compaction, headers=headers)).status_code
            for _ in range(2)
        ]
    assert statuses == [200, 429]


async def test_counters_lead_a_stream_where_the_scenario_wants_it() -> None:
    async with backend("rate_limit_events: true") as simulated:
        first, second, *_ = events_of((await simulated.post(body())).content)
    assert (first["type"], second["type"]) == ("codex.rate_limits", "response.created")


async def test_the_scenarios_plan_holds_whatever_the_token_says() -> None:
    async with backend("accounts: [{id: acc, plan: free}]") as simulated:
        assert account_of_token(token("acc", "plus")).plan == "plus"
        reply = await simulated.post(body(model="gpt-5.5"))
    assert (reply.status_code, "not supported" in reply.json()["detail"]) == (400, True)


SPARK_IS_UP = """
accounts:
  - id: acc
    models: [gpt-5.4, gpt-5.3-codex-spark]
    buckets: {codex_bengalfox: {name: Spark, models: [spark], primary: {seconds: 600, used_percent: 100}}}
"""


async def test_q_09_q_20_an_account_has_the_models_it_is_given_and_a_bucket_locks_its_own() -> None:
    async with backend(SPARK_IS_UP) as simulated:
        replies = [await simulated.post(body(model=model)) for model in ("gpt-5.3-codex-spark", "gpt-5.4", "gpt-5.2")]
        listed = (await simulated.get("/codex/models")).json()["models"]
    assert [reply.status_code for reply in replies] == [429, 200, 400]
    assert replies[0].headers["x-codex-active-limit"] == "codex_bengalfox"
    assert [model["slug"] for model in listed] == ["gpt-5.4", "gpt-5.3-codex-spark"]
