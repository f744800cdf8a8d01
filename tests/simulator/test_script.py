"""Scripts: what each step says."""

import hashlib
from typing import Any

import pytest

from tests.simulator.asking import USER, backend, body, events_of, output_of, text_of


async def scripted(steps: str, **changes: Any) -> list[dict[str, Any]]:
    async with backend(f"rules: [{{steps: {steps}}}]") as simulated:
        return await simulated.events(**changes)


async def test_templates_see_the_request() -> None:
    output = {"type": "function_call_output", "call_id": "c", "output": "forty-two"}
    call = {"type": "function_call", "call_id": "c", "name": "look", "arguments": "{}"}
    steps = (
        "[{text: '{{ account }} {{ model }} {{ request }} {{ last_user_text | upper }} {{ tool_output | sha256 }}'}]"
    )
    async with backend(f"rules: [{{steps: {steps}}}]") as simulated:
        text = text_of(await simulated.events(USER, call, output))
    assert text == f"acc gpt-5.4 1 HELLO THERE {hashlib.sha256(b'forty-two').hexdigest()}"


async def test_a_template_cannot_reach_out_and_its_error_is_told() -> None:
    async with backend("rules: [{steps: [{text: '{{ account.__class__.__mro__ }}'}]}]") as simulated:
        reply = await simulated.post(body())
    assert reply.status_code == 500
    assert "scenario" in reply.json()["error"]["message"]


async def test_calls_of_both_kinds_side_by_side() -> None:
    calls = "[{name: look, arguments: {q: '{{ last_user_text }}'}}, {name: patch, input: text, call_id: p}]"
    first, second = output_of(await scripted(f"[{{calls: {calls}}}]"))
    assert (first["type"], first["arguments"]) == ("function_call", '{"q":"hello there"}')
    assert (second["type"], second["input"], second["call_id"]) == ("custom_tool_call", "text", "p")


async def test_thoughts_text_pictures_refusals_and_hosted_items() -> None:
    steps = "[{reasoning: [one, two]}, {text: hi}, {refusal: no}, {image: true}, {hosted: {type: web_search_call}}]"
    output = output_of(await scripted(steps))
    assert [item["type"] for item in output] == [
        "reasoning", "message", "image_generation_call", "web_search_call",
    ]  # fmt: skip
    assert [part["text"] for part in output[0]["summary"]] == ["one", "two"]


@pytest.mark.parametrize(
    ("step", "last"),
    [
        ("{failed: {code: server_is_overloaded}}", "response.failed"),
        ("{error: {code: server_error, message: m}}", "error"),
        ("{incomplete: max_output_tokens}", "response.incomplete"),
    ],
)
async def test_other_ends(step: str, last: str) -> None:
    events = await scripted(f"[{{text: half}}, {step}]")
    assert (text_of(events), events[-1]["type"]) == ("half", last)


@pytest.mark.parametrize("steps", ["", "{text: half}, "])
@pytest.mark.parametrize("code", ["rate_limit_exceeded", "server_error", "server_is_overloaded"])
async def test_a_failed_response_is_the_one_that_was_begun(steps: str, code: str) -> None:
    """As captured: the same object with another status and an error, one number after the last event."""
    events = await scripted(f"[{steps}{{failed: {{code: {code}, message: An error occurred}}}}]")
    begun, failed = events[0]["response"], events[-1]["response"]
    assert failed["error"] == {"code": code, "message": "An error occurred"}
    assert (failed["status"], failed["usage"]) == ("failed", None)
    assert {name for name in begun if begun[name] != failed[name]} <= {"status", "error", "output"}
    assert [event["sequence_number"] for event in events] == list(range(len(events)))


async def test_raw_events_garbage_and_giants() -> None:
    events = await scripted("[{event: {type: codex.rate_limits, a: 1}}, {giant_mb: 1.5}]")
    assert {"type": "codex.rate_limits", "a": 1} in events
    assert len(text_of(events)) == 1_572_864
    async with backend("rules: [{steps: [{garbage: '%%%'}]}]") as simulated:
        assert b"%%%" in (await simulated.post(body())).content


async def test_a_giant_picture() -> None:
    (item,) = output_of(await scripted("[{giant_image_mb: 1.5}]"))
    assert item["type"] == "image_generation_call"
    assert len(item["result"]) > 1_572_864 * 4 // 3


async def test_a_reply_of_any_status_body_and_headers() -> None:
    reply = "{status: 429, body: {error: {type: usage_limit_reached}}, headers: {Retry-After: '5'}}"
    async with backend(f"rules: [{{reply: {reply}}}, {{steps: []}}]") as simulated:
        got = await simulated.post(body())
    assert (got.status_code, got.json(), got.headers["retry-after"]) == (
        429, {"error": {"type": "usage_limit_reached"}}, "5",
    )  # fmt: skip
    async with backend("rules: [{reply: {status: 403, body: <html>Just a moment...</html>}}]") as simulated:
        page = await simulated.post(body())
    assert page.headers["content-type"].startswith("text/html")


async def test_a_usage_may_be_given() -> None:
    async with backend("rules: [{usage: {input_tokens: 5, output_tokens: 7}, steps: [{text: x}]}]") as simulated:
        usage = (await simulated.events())[-1]["response"]["usage"]
    assert (usage["input_tokens"], usage["output_tokens"]) == (5, 7)


async def test_a_warm_up_has_no_output() -> None:
    async with backend() as simulated:
        events = events_of((await simulated.post(body(generate=False))).content)
    assert output_of(events) == []


async def test_rules_match_account_and_request() -> None:
    second = "{when: {account: acc, request: 2}, steps: [{text: second}]}"
    rules = f"rules: [{second}, {{when: {{account: acc}}, steps: [{{text: first}}]}}]"
    async with backend(rules) as simulated:
        texts = [text_of(await simulated.events()) for _ in range(3)]
        other = text_of(await simulated.events(account_id="other"))
    assert texts == ["first", "second", "first"]
    assert "hello there" in other
