"""Who is refused for where it comes from."""

import httpx
import msgspec
import pytest

from codex_proxy.simulator.edge.guard import BOUND_COOKIE, Guard, Origin
from codex_proxy.simulator.sections.edge import EdgeAnswer, EdgeRule, EdgeSettings, Service
from tests.simulator.asking import backend, body

HERE = Origin(service=Service.BACKEND, address="127.0.0.1")


@pytest.mark.parametrize(
    ("rule", "refused"),
    [
        (EdgeRule(answer=EdgeAnswer.REGION), True),
        (EdgeRule(answer=EdgeAnswer.REGION, address="127.0.0.1"), True),
        (EdgeRule(answer=EdgeAnswer.REGION, address="127.0.0.2"), False),
        (EdgeRule(answer=EdgeAnswer.REGION, via="exit-a"), True),
        (EdgeRule(answer=EdgeAnswer.REGION, via="exit-b"), False),
        (EdgeRule(answer=EdgeAnswer.REGION, service=Service.ISSUER), False),
        (EdgeRule(answer=EdgeAnswer.REGION, service=Service.BACKEND, via="exit-a"), True),
    ],
)
def test_every_member_given_has_to_fit(rule: EdgeRule, refused: bool) -> None:
    origin = msgspec.structs.replace(HERE, via="1.1 exit-a")
    assert (Guard(EdgeSettings(rules=[rule])).judge(origin) is not None) is refused


def test_a_rule_may_answer_a_few_times_only() -> None:
    guard = Guard(EdgeSettings(rules=[EdgeRule(answer=EdgeAnswer.CHALLENGE, times=2)]))
    assert [guard.judge(HERE) is None for _ in range(4)] == [False, False, True, True]


def test_a_19_a_cookie_is_good_for_the_address_it_was_given_to() -> None:
    guard = Guard(EdgeSettings(cookies=True))
    given = dict(guard.cookies(HERE))
    assert given
    cookies = "; ".join(value.partition(";")[0] for _, value in guard.cookies(HERE))
    assert BOUND_COOKIE in cookies
    assert guard.judge(msgspec.structs.replace(HERE, cookie=cookies)) is None
    for elsewhere in ({"address": "127.0.0.2"}, {"via": "1.1 exit-a"}):
        refusal = guard.judge(msgspec.structs.replace(HERE, cookie=cookies, **elsewhere))
        assert refusal is not None
        assert (refusal.status, refusal.body) == (404, b"")


def test_without_the_switch_cookies_mean_nothing() -> None:
    guard = Guard(EdgeSettings())
    assert guard.cookies(HERE) == ()
    assert guard.judge(msgspec.structs.replace(HERE, cookie=f"{BOUND_COOKIE}=x")) is None


async def test_a_05_a_region_is_refused_by_the_address_a_connection_comes_from() -> None:
    async with backend("edge: {rules: [{answer: region, address: 127.0.0.2}]}") as simulated:
        elsewhere = httpx.AsyncHTTPTransport(local_address="127.0.0.2")
        async with httpx.AsyncClient(transport=elsewhere, base_url=simulated.client.base_url) as exit_b:
            headers = simulated.client.headers
            refused = [
                await exit_b.get("/wham/usage", headers=headers),
                await exit_b.post(f"{simulated.issuer}/oauth/token", json={}),
            ]
            told = (await exit_b.get("/__ip")).json()
        served = await simulated.post(body())
        entries = await simulated.journal()
    assert [reply.json()["error"]["code"] for reply in refused] == ["unsupported_country_region_territory"] * 2
    assert (served.status_code, told) == (200, {"ip": "127.0.0.2"})
    assert [entry["peer"] for entry in entries] == ["127.0.0.2", "127.0.0.2", "127.0.0.1"]


async def test_by_a_header_of_the_proxy_too_and_a_region_spends_no_token() -> None:
    async with backend("edge: {rules: [{answer: region, via: exit-b, service: issuer}]}") as simulated:
        granted = await simulated.grant()
        simulated.client.headers["via"] = "1.1 exit-b"
        assert (await simulated.refresh(granted["refresh_token"])).status_code == 403
        assert (await simulated.post(body())).status_code == 200
        del simulated.client.headers["via"]
        assert (await simulated.refresh(granted["refresh_token"])).status_code == 200
