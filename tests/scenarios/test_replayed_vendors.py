"""Exchanges with vendors, put into capsules and played again without them."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from codex_proxy.bootstrap.simulated import simulated_vendor
from codex_proxy.canonical.request import Dialect
from codex_proxy.cli.capsules.replaying import replay
from codex_proxy.operations.capsules.capsule import Capsule, read_capsule
from tests.scenarios.vendor_stage import DIALECTS, MODEL, WIRES, VendorStage, question, vendor_stage

SCENARIO = "vendors:\n" + "".join(
    f"""
  {wire}:
    wires: [{wire}]
    rules:
      - {{when: {{key: sk-wrong-key-of-somebody}}, refusal: {{status: 401}}}}
      - {{when: {{key: sk-tired-key-of-somebody}}, refusal: {{status: 429, retry_after_seconds: 60}}}}
      - {{when: {{contains: late}}, refusal: {{status: 503}}, headers_after_ms: 300}}
      - {{when: {{contains: break}}, steps: [{{text: some words}}, {{cut: true}}]}}
      - steps: [{{reasoning: [Let me see.]}}, {{calls: [{{name: look, arguments: {{q: Oslo}}}}]}}]
"""
    for wire in WIRES
)
KEEPING: dict[str, Any] = {"logs": {"capture_body": True}}
OTHERS = dict(
    zip(WIRES, (Dialect.ANTHROPIC, Dialect.OPENAI_CHAT, Dialect.GEMINI, Dialect.OPENAI_RESPONSES), strict=True)
)


async def put_away(stage: VendorStage, path: str, body: dict[str, Any]) -> Capsule:
    """Ask, and take the capsule once the request is written whole."""
    place = f"{stage.play.bridge_url}{path}" if path.startswith("/api/") else path
    reply = await stage.play.client.post(place, json=body)
    address = f"/admin/logs/{reply.headers['x-request-id']}/capsule"
    async with asyncio.timeout(20):
        while (kept := await stage.play.client.get(address)).status_code != 200 or kept.json()["exchange"] is None:
            pass
    return read_capsule(kept.content)


async def add_key(stage: VendorStage, secret: str) -> None:
    told = {
        "provider": "openai",
        "apiKey": secret,
        "wire": "chat",
        "baseUrl": simulated_vendor(stage.base_url, "chat"),
        "allowPrivate": True,
        "models": ["acme-1"],
    }
    reply = await stage.play.client.post("/auth/api-keys", json=told)
    assert reply.status_code == 200, reply.text


@pytest.mark.parametrize("wire", WIRES)
async def test_what_a_vendor_answered_comes_out_the_same(tmp_path: Path, wire: str) -> None:
    """In the vendor's dialect and in another one, streamed and whole; each of the four is played on its own gateway."""
    own = dict(zip(WIRES, DIALECTS, strict=False))[wire]
    async with vendor_stage(tmp_path, SCENARIO, settings=KEEPING) as stage:
        asked = [(dialect, stream) for dialect in (own, OTHERS[wire]) for stream in (True, False)]
        questions = [
            question(dialect, f"{wire}:{MODEL}", "look", stream=stream, tools=True) for dialect, stream in asked
        ]
        capsules = await asyncio.gather(*(put_away(stage, *each) for each in questions))
    assert [len(each.exchange.calls) for each in capsules if each.exchange is not None] == [1, 1, 1, 1]
    for verdict in await asyncio.gather(*map(replay, capsules)):
        assert (verdict.differences, verdict.not_compared) == ((), ())


async def test_the_next_key_is_asked_again_where_the_first_ones_were_refused(tmp_path: Path) -> None:
    async with vendor_stage(tmp_path, SCENARIO, settings=KEEPING) as stage:
        for secret in ("sk-wrong-key-of-somebody", "sk-tired-key-of-somebody"):
            await add_key(stage, secret)
        refused = await put_away(stage, *question(Dialect.OPENAI_CHAT, "acme-1", "look", stream=False))
    told = [each["outcome"] for each in refused.record["attempts"]]
    assert sorted(told) == ["rate_limited", "unauthorized"]
    assert (await replay(refused)).differences == ()


async def test_what_went_wrong_within_a_stream_does_so_again(tmp_path: Path) -> None:
    settings = KEEPING | {"server": {"first_byte_grace_seconds": 0.05}}
    async with vendor_stage(tmp_path, SCENARIO, settings=settings) as stage:
        capsules = await asyncio.gather(
            put_away(stage, *question(Dialect.OPENAI_CHAT, f"anthropic:{MODEL}", "break", stream=True)),
            put_away(stage, *question(Dialect.ANTHROPIC, f"gemini:{MODEL}", "late", stream=True)),
            put_away(stage, *question(Dialect.OLLAMA, f"responses:{MODEL}", "look", stream=True)),
        )
    told = [(each.record["status"], each.record["failure"]) for each in capsules]
    assert told == [(200, "disconnected"), (200, "overloaded"), (200, None)]
    for verdict in await asyncio.gather(*map(replay, capsules)):
        assert (verdict.differences, verdict.not_compared) == ((), ())


async def test_what_an_earlier_request_taught_is_no_difference(tmp_path: Path) -> None:
    """The size that ``message_start`` tells of a prompt is an estimate, made from what was counted before."""
    async with vendor_stage(tmp_path, SCENARIO, settings=KEEPING) as stage:
        asked = question(Dialect.ANTHROPIC, f"chat:{MODEL}", "look", stream=True)
        capsules = [await put_away(stage, *asked) for _ in range(2)]
    first, second = (each.exchange.answer.body.text or "" for each in capsules if each.exchange is not None)
    assert first.partition('"input_tokens":')[2][:8] != second.partition('"input_tokens":')[2][:8]
    assert (await replay(capsules[1])).differences == ()


async def test_accounts_come_first_and_then_the_vendor(tmp_path: Path) -> None:
    limit = "{error: {type: usage_limit_reached, message: later, resets_in_seconds: 600}}"
    rules = f"rules: [{{reply: {{status: 429, body: {limit}}}}}]\n"
    settings = KEEPING | {"model": {"fallbacks": {"gpt-5.4": [f"anthropic:{MODEL}"]}}}
    async with vendor_stage(tmp_path, rules + SCENARIO, settings=settings) as stage:
        capsule = await put_away(stage, *question(Dialect.OPENAI_CHAT, "gpt-5.4", "look", stream=True))
    told = [(each["provider"], each["outcome"]) for each in capsule.record["attempts"]]
    assert told[-1] == ("anthropic", "answered")
    assert told[0][0] == "codex"
    assert (await replay(capsule)).differences == ()


async def test_what_a_vendor_was_sent_and_what_the_client_got_is_compared(tmp_path: Path) -> None:
    async with vendor_stage(tmp_path, SCENARIO, settings=KEEPING) as stage:
        capsule = await put_away(stage, *question(Dialect.OPENAI_CHAT, f"gemini:{MODEL}", "look", stream=False))
    verdict = await replay(_altered(capsule))
    assert [each.what for each in verdict.differences] == ["what vendor call 1 sent", "the client's answer"]
    sent, got = (each.lines for each in verdict.differences)
    assert any(line.startswith("-") and "overlook" in line for line in sent)
    assert any(line.startswith("+") and "Lima" in line for line in got)


def _altered(capsule: Capsule) -> Capsule:
    """As if another version had sent other words, and the vendor had answered otherwise."""
    assert capsule.exchange is not None
    (call,) = capsule.exchange.calls
    request = msgspec.structs.replace(call.request, body=_with(call.request.body, "look", "overlook"))
    reply = msgspec.structs.replace(call.reply, body=_with(call.reply.body, "Oslo", "Lima"))
    calls = [msgspec.structs.replace(call, request=request, reply=reply)]
    return msgspec.structs.replace(capsule, exchange=msgspec.structs.replace(capsule.exchange, calls=calls))


def _with(body: Any, old: str, new: str) -> Any:
    return msgspec.structs.replace(body, text=body.text.replace(old, new))
