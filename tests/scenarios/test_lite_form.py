"""Models that deny themselves to the classic form: what the client gets, and what the backend was asked."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.stage import Stage, chunks_of, stage

MODEL = "gpt-6.1-sol"
REFUSALS = {
    "a field": "{status: 400, body: {detail: 'Unsupported parameter: tools'}}",
    "the form": "{status: 400, body: {detail: This model requires X-OpenAI-Internal-Codex-Responses-Lite}}",
    "the model": "{status: 404, body: {error: {message: Model not found gpt-6.1-sol, type: invalid_request_error}}}",
}
TOOL = {"type": "function", "name": "look", "parameters": {"type": "object", "properties": {}}}
CODEX = {"originator": "codex_exec", "user-agent": "codex_exec/0.169.0"}


def refusing(reply: str, **when: Any) -> str:
    """A scenario in which requests that are ``when`` get ``reply``, all others what they call for."""
    asked = ", ".join(f"{name}: {str(value).lower()}" for name, value in when.items())
    return f"rules: [{{when: {{model: {MODEL}, {asked}}}, reply: {reply}}}]"


async def forms(play: Stage) -> list[tuple[str, int, bool, bool]]:
    """Account, status, whether with the lite header, and whether with the classic members, of every request."""
    return [
        (
            entry["account"],
            entry["status"],
            dict(entry["headers"]).get("x-openai-internal-codex-responses-lite") == "true",
            "instructions" in entry["body"] or "tools" in entry["body"],
        )
        for entry in await play.asked()
    ]


@pytest.mark.parametrize("refusal", sorted(REFUSALS))
async def test_the_client_sees_only_the_good_answer_and_the_next_request_goes_lite_at_once(
    tmp_path: Path, refusal: str
) -> None:
    async with stage(tmp_path, refusing(REFUSALS[refusal], lite=False), AUTH__ROTATION_STRATEGY="sticky") as play:
        await play.models_fetched()
        first = await play.respond(model=MODEL, instructions="be brief", tools=[TOOL])
        second = await play.chat(model=MODEL)
        asked = await forms(play)
        states = await play.states()
    assert (first.status_code, first.json()["status"], second.status_code) == (200, "completed", 200)
    ((account, *classic), *lite) = asked
    assert classic == [404 if refusal == "the model" else 400, False, True]
    assert lite == [(account, 200, True, False), (account, 200, True, False)]
    assert states == {"active": 2}


async def test_a_call_in_the_lite_form_shows_no_group_that_the_client_did_not_declare(tmp_path: Path) -> None:
    async with stage(tmp_path, refusing(REFUSALS["a field"], lite=False)) as play:
        await play.models_fetched()
        streamed = await play.respond("look around", model=MODEL, tools=[TOOL], stream=True)
        (call,) = [item for item in chunks_of(streamed)[-1]["response"]["output"] if item["type"] == "function_call"]
        result = {"type": "function_call_output", "call_id": call["call_id"], "output": "a tree"}
        history = [{"role": "user", "content": "look around"}, call, result]
        answered = await play.client.post("/v1/responses", json={"model": MODEL, "tools": [TOOL], "input": history})
    assert (call["name"], "namespace" in call) == ("look", False)
    assert "functions" not in streamed.text
    assert answered.json()["status"] == "completed"


async def test_what_the_lite_form_cannot_carry_is_noted(tmp_path: Path) -> None:
    async with stage(tmp_path, refusing(REFUSALS["a field"], lite=False)) as play:
        await play.models_fetched()
        reply = await play.respond(model=MODEL, tools=[{"type": "web_search"}])
    assert reply.status_code == 200
    assert "tools.web_search;dropped" in reply.headers["x-codex-proxy-notes"]


async def test_the_lite_form_carries_of_the_owners_tools_those_that_the_client_runs(tmp_path: Path) -> None:
    settings = {"MODEL__DEFAULT_TOOLS": json.dumps([{"type": "web_search"}, TOOL]), "TRANSLATION__STRICT": "true"}
    async with stage(tmp_path, refusing(REFUSALS["a field"], lite=False), **settings) as play:
        await play.models_fetched()
        reply = await play.respond(model=MODEL)
        first, second = await play.asked()
        own = [{"type": "additional_tools", "role": "developer", "tools": [TOOL]}, {"role": "user", "content": "x"}]
        await play.client.post("/v1/responses", json={"model": MODEL, "input": own}, headers=CODEX)
        codex = (await play.asked())[-1]
    assert reply.status_code == 200
    assert [tool["type"] for tool in first["body"]["tools"]] == ["web_search", "function"]
    (offered,) = second["body"]["input"][0]["tools"]
    assert [tool["name"] for tool in offered["tools"]] == ["look"]
    assert "tools" not in codex["body"]


async def test_a_model_that_refuses_both_forms_is_asked_in_each_once(tmp_path: Path) -> None:
    async with stage(tmp_path, refusing(REFUSALS["the form"], lite=False)[:-1] + ", " + _both() + "]") as play:
        await play.models_fetched()
        reply = await play.chat(model=MODEL)
        asked = await forms(play)
    assert (reply.status_code, reply.json()["error"]["code"]) == (502, "upstream_error")
    assert reply.headers["x-should-retry"] == "false"
    assert [lite for _, _, lite, _ in asked] == [False, True]


def _both() -> str:
    return f"{{reply: {REFUSALS['a field']}}}"


async def test_a_codex_client_keeps_the_form_it_chose(tmp_path: Path) -> None:
    async with stage(tmp_path, f"rules: [{_both()}]") as play:
        await play.models_fetched()
        body = {"model": MODEL, "input": "hi", "stream": True}
        await play.client.post("/v1/responses", json=body, headers=CODEX)
        assert len(await play.asked()) == 1


async def test_a_model_without_lite_form_is_never_asked_in_it(tmp_path: Path) -> None:
    async with stage(tmp_path, f"rules: [{_both()}]") as play:
        await play.models_fetched()
        reply = await play.chat()
        asked = await forms(play)
    assert reply.status_code == 502
    assert [lite for _, _, lite, _ in asked] == [False]
