"""Answers in a model's words, by script and without one, streamed and whole."""

import hashlib
from typing import Any

import httpx
import pytest

from codex_proxy.simulator.sections.vendors import Wire
from tests.simulator.vendors.asking import HEADERS, MODEL, question, vendors
from tests.simulator.vendors.test_asked import LOOKED, TOOLS

WIRES = list(Wire)


def scripted(steps: str, **members: str) -> str:
    """A vendor that answers everything with these steps."""
    more = "".join(f", {name}: {value}" for name, value in members.items())
    return f"vendors: {{acme: {{rules: [{{steps: {steps}{more}}}]}}}}"


async def said(wire: Wire, steps: str, *, stream: bool, **members: Any) -> str:
    async with vendors(scripted(steps)) as stage:
        reply = await stage.ask(wire, vendor="acme", stream=stream, **members)
    assert reply.status_code == 200, reply.text
    return reply.text


@pytest.mark.parametrize("wire", WIRES)
async def test_a_tools_output_is_answered_with_its_digest_in_every_dialect(wire: Wire) -> None:
    digests = [hashlib.sha256(text.encode()).hexdigest() for text in ("forty-two", '{"output":"forty-two"}')]
    async with vendors() as stage:
        for stream in (False, True):
            called = await stage.ask(wire, stream=stream, **TOOLS[wire])
            answered = await stage.ask(wire, stream=stream, **(TOOLS[wire] | LOOKED[wire]))
            assert "look" in called.text
            assert any(digest in answered.text for digest in digests)


@pytest.mark.parametrize("wire", WIRES)
async def test_templates_see_the_call(wire: Wire) -> None:
    text = await said(wire, "[{text: '{{ account }}/{{ model }}/{{ request }}/{{ last_user_text }}'}]", stream=False)
    assert f"sk-of-the-test/{MODEL}/1/hello" in text
    async with vendors(scripted("[{text: '{{ nothing.at.all }}'}]")) as stage:
        for stream in (False, True):
            assert (await stage.ask(wire, vendor="acme", stream=stream)).status_code == 500


@pytest.mark.parametrize("wire", WIRES)
async def test_a_cut_breaks_the_connection_streamed_or_not(wire: Wire) -> None:
    async with vendors(scripted("[{text: half}, {cut: true}]")) as stage:
        for stream in (False, True):
            with pytest.raises(httpx.RemoteProtocolError):
                await stage.ask(wire, vendor="acme", stream=stream)
        whole, streamed = await stage.calls()
    assert (whole["status"], whole["answered"]) == (None, b"")
    assert (streamed["status"], b"half" in streamed["answered"], streamed["ended"]) == (200, True, False)


@pytest.mark.parametrize("wire", WIRES)
async def test_silence_lasts_until_the_client_leaves(wire: Wire) -> None:
    async with vendors(scripted("[{text: half}, {stall: true}]")) as stage:
        for stream in (False, True):
            path, body = question(wire, stream=stream)
            patience = httpx.Timeout(5, read=0.2)
            with pytest.raises(httpx.ReadTimeout):
                await stage.client.post(stage.root("acme") + path, json=body, headers=HEADERS[wire], timeout=patience)
        calls = await stage.calls()
    assert [call["left_early"] for call in calls] == [True, True]


@pytest.mark.parametrize("wire", WIRES)
async def test_an_error_is_in_the_dialects_words_in_a_stream_and_a_status_without_one(wire: Wire) -> None:
    async with vendors(scripted("[{text: half}, {error: {code: overloaded_error, message: full}}]")) as stage:
        streamed = await stage.ask(wire, vendor="acme", stream=True)
        whole = await stage.ask(wire, vendor="acme")
    assert streamed.status_code == 200
    assert "half" in streamed.text
    assert "full" in streamed.text.partition("half")[2]
    assert whole.status_code == (529 if wire is Wire.ANTHROPIC else 503)
    assert "full" in whole.text


@pytest.mark.parametrize("wire", WIRES)
async def test_a_failed_ending_is_a_server_error_without_a_stream(wire: Wire) -> None:
    async with vendors(scripted("[{failed: {code: server_error, message: sorry}}]")) as stage:
        streamed, whole = [await stage.ask(wire, vendor="acme", stream=stream) for stream in (True, False)]
    assert (streamed.status_code, whole.status_code) == (200, 500)
    assert "sorry" in streamed.text
    assert "sorry" in whole.text


@pytest.mark.parametrize("wire", WIRES)
async def test_events_and_bytes_as_they_are(wire: Wire) -> None:
    steps = '[{garbage: ": a comment\\n\\n"}, {event: {type: own.event, x: 1}}, {text: hi}, {end: true}]'
    text = await said(wire, steps, stream=True)
    assert ": a comment\n\n" in text
    named = "event: own.event\n" in text
    assert named is (wire in {Wire.RESPONSES, Wire.ANTHROPIC})
    assert 'data: {"type":"own.event","x":1}\n\n' in text
    assert await said(wire, steps, stream=False) == ": a comment\n\n"
    assert await said(wire, "[{text: hi}, {end: true}]", stream=False) == ""


async def test_the_same_seed_and_question_have_the_same_answer() -> None:
    answers = set()
    for _ in range(2):
        async with vendors() as stage:
            answers.add((await stage.ask(Wire.ANTHROPIC, "hello", stream=True)).text)
    assert len(answers) == 1


@pytest.mark.parametrize(
    ("field", "members"), [("reasoning", {"reasoning"}), ("both", {"reasoning", "reasoning_content"})]
)
async def test_the_member_that_carries_a_chat_answers_thoughts(field: str, members: set[str]) -> None:
    steps = "[{reasoning: [hm]}, {text: hi}]"
    async with vendors(f"vendors: {{acme: {{reasoning_field: {field}, rules: [{{steps: {steps}}}]}}}}") as stage:
        message = (await stage.ask(Wire.CHAT, vendor="acme")).json()["choices"][0]["message"]
    assert {name for name in message if name.startswith("reasoning")} == members


@pytest.mark.parametrize(("wire", "member"), [(Wire.ANTHROPIC, '"signature":"'), (Wire.GEMINI, '"thoughtSignature":"')])
async def test_tokens_of_thoughts_are_the_vendors_own(wire: Wire, member: str) -> None:
    thinking: dict[Wire, dict[str, Any]] = {
        Wire.ANTHROPIC: {"max_tokens": 4096, "thinking": {"type": "enabled", "budget_tokens": 1024}},
        Wire.GEMINI: {"generationConfig": {"thinkingConfig": {"includeThoughts": True, "thinkingBudget": 512}}},
    }
    text = await said(wire, "[{reasoning: [hm]}, {text: hi}]", stream=False, **thinking[wire])
    token = text.partition(member)[2].partition('"')[0]
    assert len(token) == 64
    assert "hm" in text


async def test_usage_is_the_scripts_own_and_known_from_the_start_without_one() -> None:
    usage = "{input_tokens: 7, output_tokens: 3, cached_tokens: 2}"
    async with vendors(scripted("[{text: hi}]", usage=usage)) as stage:
        told = (await stage.ask(Wire.CHAT, vendor="acme")).json()["usage"]
        streamed = (await stage.ask(Wire.ANTHROPIC, vendor="acme", stream=True)).text
    assert (told["prompt_tokens"], told["completion_tokens"]) == (7, 3)
    assert told["prompt_tokens_details"]["cached_tokens"] == 2
    assert '"output_tokens":3' in streamed


async def test_a_stream_of_gemini_without_events_is_one_array() -> None:
    _, body = question(Wire.GEMINI)
    async with vendors() as stage:
        path = f"gemini/v1beta/models/{MODEL}:streamGenerateContent"
        chunks = (await stage.post(path, wire=Wire.GEMINI, json=body)).json()
    assert len(chunks) > 2
    assert chunks[-1]["candidates"][0]["finishReason"] == "STOP"
