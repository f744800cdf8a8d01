"""Answers by schema for clients that cannot say strict: asked for strictly, and read as if nothing had been changed."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.stage import Stage, chunks_of, stage

CITY: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "river": {"type": "string"},
        "mayor": {"type": ["string", "null"]},
        "twins": {"type": "array", "items": {"$ref": "#/$defs/twin"}},
    },
    "required": ["name", "mayor"],
    "$defs": {"twin": {"type": "object", "properties": {"name": {"type": "string"}, "since": {"type": "integer"}}}},
}
TWINS = '"twins":[{"name":"Lyon","since":null},{"name":null,"since":1983}]'
ANSWER = f'rules: [{{steps: [{{text: \'{{"name":"Ulm","river":null,"mayor":null,{TWINS}}}\'}}]}}]'
READ = {"name": "Ulm", "mayor": None, "twins": [{"name": "Lyon"}, {"since": 1983}]}


async def messages(play: Stage, schema: dict[str, Any], *, streaming: bool) -> str:
    body = {
        "model": "gpt-5.4",
        "max_tokens": 100,
        "messages": [{"role": "user", "content": "Ulm"}],
        "stream": streaming,
    }
    wish = {"output_config": {"format": {"type": "json_schema", "schema": schema}}}
    reply = await play.client.post("/v1/messages", json=body | wish)
    if not streaming:
        return str(reply.json()["content"][0]["text"])
    deltas = [event["delta"] for event in chunks_of(reply) if event["type"] == "content_block_delta"]
    return "".join(delta["text"] for delta in deltas)


async def gemini(play: Stage, schema: dict[str, Any], *, streaming: bool) -> str:
    config = {"responseMimeType": "application/json", "responseJsonSchema": schema}
    body = {"contents": [{"role": "user", "parts": [{"text": "Ulm"}]}], "generationConfig": config}
    verb = "streamGenerateContent?alt=sse" if streaming else "generateContent"
    reply = await play.client.post(f"/v1beta/models/gpt-5.4:{verb}", json=body)
    told = chunks_of(reply) if streaming else [reply.json()]
    return "".join(part["text"] for chunk in told for part in chunk["candidates"][0]["content"]["parts"])


async def asked_format(play: Stage) -> dict[str, Any]:
    made: dict[str, Any] = (await play.asked())[-1]["body"]["text"]["format"]
    return made


@pytest.mark.parametrize("ask", [messages, gemini])
@pytest.mark.parametrize("streaming", [True, False])
async def test_an_optional_member_is_required_and_nullable_upstream_and_absent_here(
    tmp_path: Path, ask: Any, streaming: bool
) -> None:
    async with stage(tmp_path, ANSWER) as play:
        assert json.loads(await ask(play, CITY, streaming=streaming)) == READ
        made = await asked_format(play)
    assert made["strict"] is True
    assert made["schema"]["required"] == ["name", "river", "mayor", "twins"]
    assert made["schema"]["properties"]["river"] == {"type": ["string", "null"]}
    assert made["schema"]["properties"]["mayor"] == CITY["properties"]["mayor"]
    assert made["schema"]["$defs"]["twin"]["additionalProperties"] is False


@pytest.mark.parametrize("ask", [messages, gemini])
async def test_an_object_that_is_open_on_purpose_is_asked_for_as_it_is(tmp_path: Path, ask: Any) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}, "more": {"type": "object", "properties": {}}}}
    async with stage(tmp_path, """rules: [{steps: [{text: '{"a":null,"more":{"b":null}}'}]}]""") as play:
        assert json.loads(await ask(play, schema, streaming=True)) == {"a": None, "more": {"b": None}}
        made = await asked_format(play)
    assert (made["strict"], made["schema"]) == (False, schema)


async def test_a_list_of_objects_with_optional_members(tmp_path: Path) -> None:
    schema = {"type": "array", "items": CITY["$defs"]["twin"]}
    async with stage(tmp_path, """rules: [{steps: [{text: '{"value":[{"name":"Lyon","since":null}]}'}]}]""") as play:
        assert json.loads(await gemini(play, schema, streaming=True)) == [{"name": "Lyon"}]
        made = await asked_format(play)
    assert (made["strict"], made["schema"]["required"]) == (True, ["value"])


async def test_an_answer_that_breaks_off_is_told_as_far_as_it_came(tmp_path: Path) -> None:
    scenario = """rules: [{steps: [{text: '{"name":"Ulm","river":nu'}, {incomplete: max_output_tokens}]}]"""
    async with stage(tmp_path, scenario) as play:
        assert await messages(play, CITY, streaming=True) == '{"name":"Ulm","river":nu'


async def test_a_chat_client_that_says_nothing_of_strict_means_no(tmp_path: Path) -> None:
    wish = {"type": "json_schema", "json_schema": {"name": "city", "schema": CITY}}
    async with stage(tmp_path, ANSWER) as play:
        reply = (await play.chat("Ulm", response_format=wish)).json()
        made = await asked_format(play)
    assert json.loads(reply["choices"][0]["message"]["content"])["river"] is None
    assert (made["strict"], made["schema"]) == (False, CITY)
