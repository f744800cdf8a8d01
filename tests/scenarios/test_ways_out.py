"""Whatever is sent leaves by its account's own way: over every kind of call and everything the simulator can do."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import httpx
import pytest

from codex_proxy.simulator.scenario import SHAPES
from codex_proxy.simulator.sections.accounts import Standing
from codex_proxy.simulator.sections.edge import EdgeAnswer
from codex_proxy.simulator.sections.issuer import TokenAnswer
from codex_proxy.simulator.sections.steps import Step
from codex_proxy.simulator.updates import DIST_TAGS, FEED
from tests.scenarios.ways_stage import (
    BROWSER,
    DIRECT,
    EXITS,
    LOOKUP,
    PASSWORD,
    PLANS,
    SOON_OVER,
    WaysStage,
    ways_stage,
)
from tests.waiting import until

CODEX: Final = {"originator": "codex_exec", "user-agent": "codex_exec/0.125.0"}

STEPS: Final = {
    "text": "{text: plain}",
    "reasoning": "{reasoning: [thinking]}, {text: done}",
    "calls": "{calls: [{name: look, arguments: {at: x}}]}",
    "hosted": "{hosted: {type: web_search_call, status: completed}}, {text: found}",
    "image": "{image: true}",
    "delay_ms": "{text: first}, {delay_ms: 5}, {text: second}",
    "event": "{event: {type: response.something_new, sequence_number: 9}}, {text: done}",
    "garbage": "{garbage: '%%%'}, {end: true}",
    "giant_mb": "{giant_mb: 0.02}",
    "giant_image_mb": "{giant_image_mb: 0.02}",
    "failed": "{failed: {code: rate_limit_exceeded, message: try again in 100s}}",
    "error": "{text: half}, {error: {code: server_error, message: broken}}",
    "incomplete": "{text: half}, {incomplete: max_output_tokens}",
    "refusal": "{refusal: no}",
    "compaction": "{compaction: true}",
    "cut": "{cut: true}",
    "stall": "{text: first}, {stall: true}",
    "end": "{end: true}",
}
"""What an answer is made of, and how it ends."""

REPLIES: Final = {
    "a bad request": "{status: 400, body: {detail: no}}",
    "a refused token": "{status: 401, body: {detail: Unauthorized}}",
    "nothing left": "{status: 402, body: {detail: pay first}}",
    "a challenge": "{status: 403, body: <html>Just a moment...</html>, headers: {cf-mitigated: challenge}}",
    "an empty 404": "{status: 404, body: ''}",
    "a used up window": "{status: 429, body: {error: {type: usage_limit_reached, message: m, resets_in_seconds: 500}}}",
    "too many requests": "{status: 429, body: {error: {code: rate_limit_exceeded, message: m}}}",
    "its own trouble": "{status: 500, body: {error: {message: m}}}",
    "no room": "{status: 503, body: {error: {code: server_is_overloaded, message: m}}}",
}
"""Whole answers in the place of a stream."""

LAST: Final = frozenset({TokenAnswer.REGION, TokenAnswer.STALL})
"""What shuts a way out for long, and what is never answered: they come by themselves."""

HARMLESS: Final = frozenset(
    {
        Standing.ACTIVE,
        Standing.TOKEN_EXPIRED,
        Standing.TOKEN_REVOKED,
        Standing.TOKEN_INVALIDATED,
        Standing.UNAUTHORIZED,
        Standing.PAYMENT_REQUIRED,
        Standing.FORBIDDEN,
        TokenAnswer.USUAL,
        TokenAnswer.RATE_LIMITED,
        TokenAnswer.ERROR,
        TokenAnswer.UNAVAILABLE,
        TokenAnswer.CHALLENGE,
    }
)
"""What no login is lost by."""


def asked_each(stage: WaysStage) -> set[str]:
    """Whose answers were asked for since the last time."""
    return {entry.account or "" for entry in stage.drained() if entry.endpoint == "/codex/responses"}


def requests(stage: WaysStage, text: str) -> list[Callable[[], Awaitable[httpx.Response]]]:
    """One request of each kind, streamed and not."""
    said = [{"role": "user", "content": text}]
    tools = [{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}]
    bodies: list[tuple[str, dict[str, Any]]] = [
        ("/v1/chat/completions", {"messages": said}),
        ("/v1/chat/completions", {"messages": said, "stream": True, "tools": tools}),
        ("/v1/responses", {"input": text}),
        ("/v1/responses", {"input": text, "stream": True}),
        ("/v1/messages", {"messages": said, "max_tokens": 99}),
        ("/v1/messages", {"messages": said, "max_tokens": 99, "stream": True}),
        ("/v1/completions", {"prompt": text}),
    ]
    gemini = {"contents": [{"role": "user", "parts": [{"text": text}]}]}
    ollama = {"model": "gpt-5.4", "messages": said}
    client, bridge = stage.play.client, stage.bridge
    return [
        *(_posting(client, path, {"model": "gpt-5.4"} | body) for path, body in bodies),
        _posting(client, "/v1beta/models/gpt-5.4:generateContent", gemini),
        _posting(client, "/v1beta/models/gpt-5.4:streamGenerateContent?alt=sse", gemini),
        _posting(bridge, "/api/chat", ollama | {"stream": False}),
        _posting(bridge, "/api/chat", ollama | {"stream": True}),
    ]


def _posting(client: httpx.AsyncClient, path: str, body: Mapping[str, Any]) -> Callable[[], Awaitable[httpx.Response]]:
    return lambda: client.post(path, json=body)


async def asks(stage: WaysStage, name: str, shift: int = 0) -> None:
    """As many new conversations at once as there are accounts, in one dialect after the other."""
    wanted = [requests(stage, f"{name} {number}") for number in range(len(PLANS))]
    await asyncio.gather(*[made[(shift + number) % len(made)]() for number, made in enumerate(wanted)])


async def leaves(stage: WaysStage, name: str) -> None:
    """As many clients as there are accounts, each of which goes once it has heard something."""

    async def one(number: int) -> None:
        body = {"model": "gpt-5.4", "stream": True, "messages": [{"role": "user", "content": f"{name} {number}"}]}
        async with stage.play.client.stream("POST", "/v1/chat/completions", json=body) as reply:
            chunks = reply.aiter_bytes()
            while b"first" not in await anext(chunks):  # what comes before it is a heartbeat, on a busy machine
                pass

    await asyncio.gather(*map(one, range(len(PLANS))))


async def every_answer(stage: WaysStage) -> None:
    """Answers of every form, and every way in which one ends."""
    assert STEPS.keys() == set(Step.__struct_fields__)
    rules = {f"step {name}": f"steps: [{steps}]" for name, steps in STEPS.items()}
    rules |= {f"shape {shape}": f"shape: {shape}, steps: [{{text: shaped}}]" for shape in sorted(SHAPES)}
    await _each_of(rules, stage)


async def every_reply(stage: WaysStage) -> None:
    """Whole answers in the place of a stream."""
    await _each_of({f"reply {name}": f"reply: {reply}" for name, reply in REPLIES.items()}, stage)


async def _each_of(rules: Mapping[str, str], stage: WaysStage) -> None:
    """Ask for what each of these rules answers."""
    named = [f"{{name: {name}, when: {{contains: {name}}}, {rule}}}" for name, rule in rules.items()]
    await stage.change(f"rules: [{', '.join(named)}]")
    for number, name in enumerate(rules):
        await (leaves(stage, name) if name == "step stall" else asks(stage, name, number))
        entries = stage.drained()
        assert {entry.account for entry in entries if entry.rule == name} == set(PLANS), name
        if any((entry.status or 0) >= 400 for entry in entries) or name == "step failed":
            await stage.switch(*PLANS, enabled=True)


async def every_standing(stage: WaysStage) -> None:
    """Accounts that are refused whatever they ask."""
    for standing in Standing:
        accounts = ", ".join(f"{{id: {name}, plan: {plan}, standing: {standing}}}" for name, plan in PLANS.items())
        await stage.change(f"accounts: [{accounts}]")
        await asks(stage, standing)
        assert asked_each(stage) == set(PLANS), standing
        if standing not in HARMLESS:
            await stage.change("")
            await stage.renew_logins()


async def every_edge(stage: WaysStage) -> None:
    """What stands before the backend, but for what shuts a way out for long."""
    for answer in set(EdgeAnswer) - {EdgeAnswer.REGION}:
        await stage.change(f"edge: {{rules: [{{answer: {answer}}}]}}")
        await asks(stage, answer)
        assert {entry.peer for entry in stage.drained()} == {*_own_exits(stage).values()}, answer


async def every_token_answer(stage: WaysStage) -> None:
    """Everything that an issuer says to a refresh token, but for what shuts a way out for long."""
    for answer in sorted(set(TokenAnswer) - LAST):
        await stage.change(f"issuer: {{faults: [{{answer: {answer}, when: {{grant: refresh_token}}}}]}}")
        await stage.each("POST", "/auth/accounts/{}/refresh")
        assert {entry.account for entry in stage.drained() if entry.path == "/oauth/token"} >= set(PLANS), answer
        if answer not in HARMLESS:
            await stage.change("")
            await stage.renew_logins()


async def every_limit(stage: WaysStage) -> None:
    """Windows that are full, and counters that are told within streams."""
    full = "primary: {seconds: 18000, used_percent: 100, resets_in_seconds: 500}, reset_credits: [{}]"
    accounts = ", ".join(f"{{id: {name}, plan: {plan}, {full}}}" for name, plan in PLANS.items())
    await stage.change(f"accounts: [{accounts}]")
    await asks(stage, "full")
    assert asked_each(stage) == set(PLANS)
    for method, path in (
        ("GET", "/auth/accounts/{}/quota"),
        ("GET", "/auth/accounts/{}/reset-credits"),
        ("POST", "/auth/accounts/{}/reset-credits/consume"),
    ):
        assert [reply.status_code for reply in await stage.each(method, path)] == [200] * len(PLANS)
        assert {entry.account for entry in stage.drained()} == set(PLANS), path
    await stage.change("rate_limit_events: true")
    await asks(stage, "told")
    assert asked_each(stage) == set(PLANS)


async def every_endpoint(stage: WaysStage) -> None:
    """Every endpoint that asks the backend anything, and those that do not."""
    client, numbers = stage.play.client, itertools.count()
    items = [{"role": "user", "content": "remember"}]
    calls: dict[str, dict[str, Any]] = {
        "responses/compact": {"model": "gpt-5.4", "input": items},
        "alpha/search": {"query": "x"},
        "memories/trace_summarize": {"query": "x"},
        "images/generations": {"prompt": "a cat"},
    }
    for path, body in calls.items():
        headers = [CODEX | {"session-id": f"session-{next(numbers)}"} for _ in PLANS]
        replies = await asyncio.gather(*[client.post(f"/v1/{path}", json=body, headers=told) for told in headers])
        endpoint = "/codex/responses" if path.startswith("images") else f"/codex/{path}"
        assert [reply.status_code for reply in replies] == [200] * len(PLANS), replies[0].text
        assert {entry.account for entry in stage.drained() if entry.endpoint == endpoint} == set(PLANS), endpoint
    await _posting(client, "/v1/messages", {"model": "gpt-5.4", "max_tokens": 0, "messages": items})()
    assert stage.drained() == []


async def a_link_that_is_followed(stage: WaysStage) -> None:
    """A picture that a request gives by link belongs to no account: it is fetched by everybody's way."""
    picture = {"type": "image_url", "image_url": {"url": f"{stage.services.issuer}/picture.png"}}
    await stage.play.client.post(
        "/v1/chat/completions",
        json={"model": "gpt-5.4", "messages": [{"role": "user", "content": [picture]}]},
    )
    assert {entry.peer for entry in stage.drained() if entry.path == "/picture.png"} == {EXITS["global"]}


async def revoked_tokens(stage: WaysStage) -> None:
    """Access tokens that are refused, renewed and replayed within a request."""
    await stage.change("")
    for name in PLANS:
        await stage.services.revoke(name)
    await asks(stage, "revoked")
    entries = stage.drained()
    for endpoint in ("/codex/responses", "/oauth/token"):
        assert {entry.account for entry in entries if entry.endpoint == endpoint} == set(PLANS)
    assert {entry.status for entry in entries} == {200, 401}


async def renewals_in_time(stage: WaysStage) -> None:
    """Tokens that were nearly over at the start."""

    def renewed() -> set[str | None]:
        stage.drained()
        return {entry.account for entry in stage.seen if (entry.body or {}).get("refresh_reason") == "proactive_expiry"}

    await until(lambda: renewed() == set(PLANS), seconds=30)


async def lookups_and_feeds(stage: WaysStage) -> None:
    """What is asked at the start and from time to time: the models of each plan, every account's routing, feeds."""
    await _asked(stage, {("/codex/models", name) for name in PLANS})
    await feeds_and_routings(stage)
    assert {entry.peer for entry in stage.seen if entry.account is None} == {EXITS["global"]}


async def feeds_and_routings(stage: WaysStage) -> None:
    """Newer versions, and every account's own address: asked once after the start."""
    wanted: set[tuple[str, str | None]] = {(path, None) for path in (FEED, DIST_TAGS)}
    await _asked(stage, wanted | {(LOOKUP, name) for name in stage.row_ids})


async def _asked(stage: WaysStage, wanted: set[tuple[str, str | None]]) -> None:
    def told() -> set[tuple[str, str | None]]:
        stage.drained()
        return {(entry.endpoint, entry.account) for entry in stage.seen}

    await until(lambda: told() >= wanted, seconds=30)


async def checks_and_logins(stage: WaysStage) -> None:
    """Checks of accounts, and logins of somebody new, who has no way of his own before he is there."""
    client, browser = stage.play.client, stage.services.http
    await stage.change("accounts: [{id: newcomer}]\nissuer: {auto: true, device: {interval_seconds: 1, auto_after: 0}}")
    device = (await client.post("/auth/device-login", json={})).json()
    begun = (await client.post("/auth/login-start", json={})).json()
    redirect = (await browser.get(begun["authUrl"])).headers["location"]
    assert (await client.post("/auth/code-relay", json={"callbackUrl": redirect})).status_code == 200
    checked = {"ids": [*stage.row_ids.values()], "stagger_ms": 500}
    found = (await client.post("/auth/accounts/health-check", json=checked)).json()
    assert found["summary"]["alive"] == len(PLANS), found
    assert (await client.post(f"/auth/device-poll/{device['deviceCode']}")).json()["success"]
    entries = stage.drained()
    assert {entry.account for entry in entries if entry.endpoint == "/wham/usage"} == set(PLANS)
    strangers = [entry for entry in entries if entry.account not in PLANS]
    assert [entry.path for entry in strangers].count("/oauth/token") == 2
    assert {entry.peer for entry in strangers} == {EXITS["global"]}
    await stage.renew_logins()


async def accounts_that_log_in_again(stage: WaysStage) -> None:
    """Logins of accounts that are there, by browser and by device."""
    client, browser = stage.play.client, stage.services.http
    people = ", ".join(f"{{id: {name}, plan: {plan}}}" for name, plan in PLANS.items())
    await stage.change(f"accounts: [{people}]\nissuer: {{auto: true, device: {{interval_seconds: 1}}}}")
    devices: list[str] = []
    for name, row_id in stage.row_ids.items():
        begun = (await client.post("/auth/login-start", json={"accountId": row_id})).json()
        page = await browser.get(f"{begun['authUrl']}&login_hint={name}")
        told = await client.post("/auth/code-relay", json={"callbackUrl": page.headers["location"]})
        assert told.json()["account"]["id"] == row_id, told.text
        device = (await client.post("/auth/device-login", json={"accountId": row_id})).json()
        await browser.post("/codex/device", data={"user_code": device["userCode"], "account": name})
        devices.append(device["deviceCode"])
    await asyncio.sleep(1)
    ended = await asyncio.gather(*[client.post(f"/auth/device-poll/{code}") for code in devices])
    assert {each.json()["account"]["id"] for each in ended} == {*stage.row_ids.values()}
    entries, own = stage.drained(), Counter(_own_exits(stage).values())
    for path in ("/api/accounts/deviceauth/usercode", "/api/accounts/deviceauth/token"):
        assert Counter(entry.peer for entry in entries if entry.path == path) == own
    assert Counter(entry.account for entry in entries if entry.path == "/oauth/token") == Counter([*PLANS] * 2)


async def proxies_that_break(stage: WaysStage) -> None:
    """Proxies that go while the issuer owes its answers: what was sent is asked for by no other way."""
    await stage.change("issuer: {faults: [{answer: stall}]}")
    asking = asyncio.ensure_future(stage.each("POST", "/auth/accounts/{}/refresh"))
    await until(lambda: {*(e.account for e in stage.front.backend.journal.entries())} >= set(PLANS))
    await asyncio.gather(*[proxy.stop() for proxy in stage.proxies.values()])
    assert {reply.json()["result"] for reply in await asking} == {"skipped"}
    assert len(stage.drained()) == len(PLANS)
    for name, proxy in stage.proxies.items():
        await proxy.start(tls=stage.front.identity if name == "https" else None)
    await stage.change("")
    await stage.renew_logins()


async def a_removal_that_revokes(stage: WaysStage) -> None:
    """Tokens that the issuer is told of when their account goes."""
    wanted = {"ids": [*stage.row_ids.values()], "revoke": True}
    told = (await stage.play.client.post("/auth/accounts/batch-delete", json=wanted)).json()
    assert (told["deleted"], told["notRevoked"]) == (len(PLANS), []), told
    revoked = stage.drained()
    assert [entry.path for entry in revoked] == ["/oauth/revoke"] * len(PLANS)
    assert Counter(entry.peer for entry in revoked) == Counter(_own_exits(stage).values())
    await stage.come_back()


async def refused_countries(stage: WaysStage) -> None:
    """Exits that neither backend nor issuer serves: nobody looks for another one but who may leave by any."""
    await stage.change("edge: {rules: [{answer: region}]}")
    await asks(stage, "region")
    await stage.each("POST", "/auth/accounts/{}/refresh")
    await stage.each("GET", "/auth/accounts/{}/quota")
    refused = stage.drained()
    assert {entry.peer for entry in refused} == set(EXITS.values())
    await asks(stage, "region again")
    assert stage.drained() == []


async def no_proxy(stage: WaysStage) -> None:
    """An account that is to leave directly does, and no other."""
    assert DIRECT not in stage.front.accepted
    assigned = {"accountId": stage.row_ids["http"], "proxyId": "direct"}
    (await stage.play.client.post("/api/proxies/assign", json=assigned)).raise_for_status()
    await stage.change("")
    assert (await stage.play.chat("hello")).status_code == 200
    assert {(entry.account, entry.peer) for entry in stage.drained()} == {("http", DIRECT)}


PARTS: Final[dict[str, tuple[Callable[[WaysStage], Awaitable[None]], ...]]] = {
    "answers": (every_answer,),
    "refusals": (every_reply, every_edge, every_limit, revoked_tokens),
    "standings": (every_standing,),
    "tokens": (renewals_in_time, lookups_and_feeds, every_token_answer, proxies_that_break, a_removal_that_revokes),
    "calls": (lookups_and_feeds, every_endpoint, a_link_that_is_followed, checks_and_logins),
    "logins": (accounts_that_log_in_again,),
    "ways": (lookups_and_feeds, refused_countries, no_proxy),
}
"""A day of the gateway: whatever is ever sent.

Where it counts that nothing else is asked, what every start asks has to be over.
"""


def _own_exits(stage: WaysStage) -> dict[str, str]:
    """The one address that each account came from, by name."""
    seen = stage.exits()
    assert all(len(seen[name]) == 1 for name in PLANS), seen
    return {name: exit_ for name in PLANS for exit_ in seen[name]}


@pytest.mark.parametrize("name", sorted(PARTS))
async def test_p_02_p_11_b_07_whatever_happens_nothing_leaves_but_by_its_own_way(tmp_path: Path, name: str) -> None:
    """It is long, because everything that the simulator can do is in it."""
    parts = PARTS[name]
    async with ways_stage(tmp_path, tokens=SOON_OVER if renewals_in_time in parts else "") as stage:
        for part in parts:
            await part(stage)
        exits, accepted = stage.exits(), Counter(stage.front.accepted)
        known = {*EXITS.values(), BROWSER}
        assert set(accepted) <= (known | {DIRECT} if no_proxy in parts else known)
    own = {account: {exit_} for account, exit_ in EXITS.items() if account in PLANS}
    if no_proxy in parts:
        own["http"].add(DIRECT)
    assert {account: exits[account] for account in own} == own
    moves = {refused_countries, a_removal_that_revokes} & set(parts)
    assert len(exits["auto"]) == 1 or moves
    assert exits["auto"] <= set(EXITS.values())
    for account, proxy in stage.proxies.items():
        assert accepted[EXITS[account]] == len(proxy.passages)
        assert {passage.user for passage in proxy.passages} == {account}
        assert {passage.target for passage in proxy.passages} == {stage.services.base_url.split("/")[2]}


DEAD: Final = {
    "gone": "http",
    "gone too": "socks5",
    "shut": "http",
    "shut too": "socks5",
    "full": "http",
    "strict": "socks5",
}
"""Proxies and what is spoken with them."""


async def _die(stage: WaysStage) -> None:
    """Let every proxy be dead in a way of its own."""
    for proxy in stage.proxies.values():
        await proxy.stop()
    stage.proxies["shut"].is_closed = stage.proxies["shut too"].is_closed = True
    stage.proxies["full"].refusal = b"HTTP/1.1 503 No room\r\ncontent-length: 0\r\n\r\n"
    stage.proxies["strict"].socks_refusal = 2
    for name in ("shut", "shut too", "full", "strict"):
        await stage.proxies[name].start()


def _told(reply: httpx.Response) -> str:
    """The message of a failure, in the shape of the dialect that was asked in."""
    told, path = reply.json(), reply.request.url.path
    if path == "/api/chat":
        assert told.keys() == {"error"}
        return str(told["error"])
    if path == "/v1/messages":
        assert (told["type"], told["error"]["type"]) == ("error", "api_error")
    elif path.startswith("/v1beta"):
        assert (told["error"]["code"], told["error"]["status"]) == (502, "INTERNAL")
    else:
        assert told["error"]["code"] == "upstream_unreachable"
    return str(told["error"]["message"])


def _named_dead(reply: httpx.Response) -> frozenset[str]:
    """The proxies that a failure tells of: the last one tried, or all where no account was left to try."""
    told = _told(reply)
    last = frozenset(name for name in DEAD if f"the egress Exit {name}: " in told)
    _, _, shut = told.partition("the way out is shut: ")
    return last or frozenset(name for name in DEAD if f"Exit {name}," in shut or f"Exit {name} (" in shut)


async def every_first_call(stage: WaysStage) -> list[str]:
    """Requests that meet proxies not yet known to be dead, all at once and in many dialects; what was told.

    How many of them meet at one proxy, and how many each of them meets, is up to scheduling: an account is free again
    while a request waits for its second try.  What nobody was told of is told by the next ones.
    """
    told: list[str] = []
    unmet = set(DEAD)
    while unmet:
        wanted = [requests(stage, f"question {len(told)} {number}") for number in range(len(DEAD))]
        replies = await asyncio.gather(*[made[number]() for number, made in enumerate(wanted)])
        assert [reply.status_code for reply in replies] == [502] * len(replies)
        named = [_named_dead(reply) for reply in replies]
        assert all(len(each) == 1 or each == frozenset(DEAD) for each in named), named
        assert told or any(len(each) == 1 for each in named)
        unmet.difference_update(*named)
        told += [reply.text for reply in replies]
    return told


async def every_later_call(stage: WaysStage) -> list[str]:
    """Requests in every dialect that meet proxies which are known to be dead; what was told."""
    post = stage.play.client.post
    replies = [
        *await asyncio.gather(*[ask() for ask in requests(stage, "again")]),
        await post("/v1/images/generations", json={"prompt": "a cat"}),
        await post("/v1/responses/compact", json={"model": "gpt-5.4", "input": "x"}, headers=CODEX),
    ]
    assert [reply.status_code for reply in replies] == [502] * len(replies)
    assert all(f"Exit {name}" in _told(reply) for reply in replies for name in DEAD)
    return [reply.text for reply in replies]


async def every_other_call(stage: WaysStage) -> list[str]:
    """What the owner asks for in accounts' names, and logins; what was told."""
    told: list[str] = []
    for name, row_id in stage.row_ids.items():
        called = "the global proxy" if name == "global" else f"Exit {name}"
        limits = await stage.play.client.get(f"/auth/accounts/{row_id}/quota")
        renewed = await stage.play.client.post(f"/auth/accounts/{row_id}/refresh")
        assert (limits.status_code, renewed.json()["result"]) == (502, "skipped")
        assert f"the egress {called}" in limits.json()["detail"]
        assert f"the egress {called}" in renewed.json()["error"]
        told += [limits.text, renewed.text]
    login = await stage.play.client.post("/auth/device-login", json={})
    assert login.status_code == 502
    assert "the egress the global proxy" in login.json()["error"]
    return [*told, login.text]


async def test_p_02_a_dead_proxy_is_a_502_that_names_it_in_every_dialect_and_nobody_goes_round_it(
    tmp_path: Path,
) -> None:
    schemes = DEAD | {"global": "http"}
    async with ways_stage(tmp_path, schemes=schemes, plans=dict.fromkeys(schemes, "plus")) as stage:
        await feeds_and_routings(stage)
        await stage.play.models_fetched()
        await stage.switch("global", enabled=False)
        await _die(stage)
        stage.drained()
        before = len(stage.front.accepted)
        told = [text for part in (every_first_call, every_later_call, every_other_call) for text in await part(stage)]
        await stage.switch("global", enabled=True)
        reply = await stage.play.chat()
        assert (reply.status_code, "the egress the global proxy" in _told(reply)) == (502, True)
        assert not any(
            secret in text for text in [*told, reply.text] for secret in (PASSWORD, quote(PASSWORD, safe=""))
        )
        assert set(stage.front.accepted[before:]) <= {BROWSER}
        assert stage.drained() == []
