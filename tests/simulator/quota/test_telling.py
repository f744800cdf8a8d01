"""One quota in four forms: what the backend tells is one consistent story."""

from typing import Any

import httpx
import msgspec

from codex_proxy.protocols.codex.rate_limits import parse_rate_event, parse_rate_headers
from codex_proxy.simulator.quota.account import AccountQuota
from codex_proxy.simulator.quota.telling import limit_event, limit_headers, limit_reply, usage_reply
from codex_proxy.simulator.sections.accounts import AccountSettings
from codex_proxy.simulator.tokens import person_of
from tests.simulator.asking import Backend, backend, body, events_of

TWO_BUCKETS = {
    "id": "acc",
    "primary": {"seconds": 18_000, "used_percent": 40, "per_request_percent": 20},
    "secondary": {"seconds": 604_800, "used_percent": 10, "per_request_percent": 1},
    "buckets": {"codex_bengalfox": {"name": "Spark", "models": ["spark"], "primary": {"seconds": 300}}},
    "code_review": {"primary": {"seconds": 604_800, "used_percent": 7}},
    "credits": {"balance": "12.3"},
}


def quota() -> AccountQuota:
    return AccountQuota(msgspec.convert(TWO_BUCKETS, AccountSettings), plan="plus", owner="acc/u", now=1000.0)


def test_headers_tell_every_bucket_and_which_one_counts() -> None:
    headers = dict(limit_headers(quota(), model="gpt-5.3-codex-spark", now=1001))
    default, spark = parse_rate_headers(headers)
    assert (headers["x-codex-active-limit"], headers["x-codex-bengalfox-limit-name"]) == ("codex_bengalfox", "Spark")
    assert (default.limit_id, spark.limit_id) == ("codex", "codex_bengalfox")
    assert default.primary is not None
    assert (default.primary.used_percent, default.primary.window_seconds) == (40.0, 18_000)
    assert default.credits is not None
    assert default.credits.balance == "12.3"


def test_the_event_tells_the_bucket_of_the_model() -> None:
    default, spark = (limit_event(quota(), model=model, now=1001) for model in ("gpt-5.4", "spark"))
    told = parse_rate_event(spark)
    assert told is not None
    assert (told.limit_id, told.limit_name) == ("codex_bengalfox", "Spark")
    assert told.primary is not None
    assert told.primary.window_seconds == 300
    assert (default["metered_limit_name"], default["credits"]["balance"]) == (None, "12.3")
    assert default["code_review_rate_limits"]["primary"]["used_percent"] == 7.0


def test_the_usage_answer_tells_whole_percents() -> None:
    account = quota()
    account.take("gpt-5.4", 1001)
    told = msgspec.json.decode(usage_reply(person_of("acc"), account, 1001).body)
    assert told["rate_limit"]["primary_window"] == {
        "used_percent": 60, "limit_window_seconds": 18_000, "reset_after_seconds": 17_999, "reset_at": 19_000,
    }  # fmt: skip
    assert told["additional_rate_limits"][0]["metered_feature"] == "codex_bengalfox"
    assert told["additional_rate_limits"][0]["rate_limit"]["secondary_window"] is None
    assert told["code_review_rate_limit"]["primary_window"]["used_percent"] == 7
    assert told["credits"]["has_credits"] is True


def test_the_refusal_names_the_reset_and_keeps_secret_what_is_secret() -> None:
    for tells, expected in ((True, (1060, 59)), (False, (None, None))):
        settings = {"id": "acc", "primary": {"seconds": 60, "used_percent": 100, "tells_reset": tells}}
        account = AccountQuota(msgspec.convert(settings, AccountSettings), plan="team", owner="acc/u", now=1000.0)
        blocking = account.take("gpt-5.4", 1001)
        assert blocking is not None
        reply = limit_reply(account, blocking, model="gpt-5.4", now=1001, request_id="r")
        error = msgspec.json.decode(reply.body)["error"]
        assert (reply.status, error["type"], error["plan_type"]) == (429, "usage_limit_reached", "team")
        assert (error["resets_at"], error["resets_in_seconds"]) == expected
        assert dict(reply.headers)["x-codex-rate-limit-reached-type"] == "rate_limit_reached"
        assert ("x-codex-primary-reset-at" in dict(reply.headers)) is tells


RUNS_OUT = """
rate_limit_events: true
accounts:
  - id: acc
    plan: plus
    primary: {seconds: 18000, used_percent: 80, per_request_percent: 10}
    secondary: {seconds: 604800, used_percent: 30, per_request_percent: 1}
"""


async def one_story(simulated: Backend, reply: httpx.Response) -> float:
    """The primary window's percentage, the same in every form that this moment has."""
    header, *_ = parse_rate_headers(dict(reply.headers))
    usage = (await simulated.used())["rate_limit"]
    assert header.primary is not None
    told: dict[str, Any] = usage["primary_window"]
    assert (told["used_percent"], told["reset_at"]) == (header.primary.used_percent, header.primary.resets_at)
    if reply.status_code == 200:
        event = parse_rate_event(events_of(reply.content)[0])
        assert event is not None
        assert event.primary is not None
        assert (event.primary.used_percent, event.primary.resets_at) == (told["used_percent"], told["reset_at"])
    else:
        assert reply.json()["error"]["resets_at"] == told["reset_at"]
        assert usage["limit_reached"] is True
    assert usage["allowed"] is not usage["limit_reached"]
    return header.primary.used_percent


async def test_a_day_used_up_refused_until_the_reset_and_open_again() -> None:
    async with backend(RUNS_OUT) as simulated:
        replies = [await simulated.post(body()) for _ in range(2)]
        assert await one_story(simulated, replies[-1]) == 100
        refused = await simulated.post(body())
        assert (refused.status_code, await one_story(simulated, refused)) == (429, 100)
        wait_seconds = refused.json()["error"]["resets_in_seconds"]
        await simulated.advance(wait_seconds - 60)
        assert (await simulated.post(body())).status_code == 429
        await simulated.advance(61)
        again = await simulated.post(body())
        assert (again.status_code, await one_story(simulated, again)) == (200, 10)
        week = (await simulated.used())["rate_limit"]["secondary_window"]
    assert week["used_percent"] == 33  # three answers were given, the refusals cost nothing


async def test_q_01_the_usage_answer_may_lag_behind_the_refusal() -> None:
    lagging = RUNS_OUT.replace("plan: plus", "usage_lags_seconds: 60")
    async with backend(lagging) as simulated:
        statuses = [(await simulated.post(body())).status_code for _ in range(3)]
        early = (await simulated.used())["rate_limit"]["limit_reached"]
        await simulated.advance(61)
        late = (await simulated.used())["rate_limit"]["limit_reached"]
    assert (statuses, early, late) == ([200, 200, 429], False, True)


async def test_q_03_another_scenario_is_an_early_reset_or_another_plan() -> None:
    async with backend("accounts: [{id: acc, plan: free, primary: {seconds: 600, used_percent: 100}}]") as simulated:
        assert (await simulated.post(body())).json()["error"]["plan_type"] == "free"
        await simulated.play("accounts: [{id: acc, plan: pro, primary: {seconds: 600, used_percent: 1}}]")
        assert (await simulated.post(body())).status_code == 200
        assert (await simulated.used())["plan_type"] == "pro"
