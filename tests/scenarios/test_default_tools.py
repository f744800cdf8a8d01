"""The owner's tools through the whole gateway: what the upstream is offered, and what clients read of it."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from codex_proxy.canonical.request import Dialect
from tests.scenarios.key_stage import KEYS, guest, handed_out
from tests.scenarios.stage import Stage, stage
from tests.scenarios.vendor_stage import DIALECTS, MODEL, question, vendor_stage

SEARCH = {"type": "web_search"}
SCHEMA = {"type": "object", "properties": {"q": {"type": "string"}}}
LOOKUP = {"type": "function", "name": "lookup", "parameters": SCHEMA, "strict": False}
TOLD = json.dumps([SEARCH, LOOKUP])
SEARCHES_AND_CALLS = """
rules:
  - steps:
      - hosted: {type: web_search_call, status: completed, action: {type: search, query: weather}}
      - text: found
      - calls: [{name: lookup, arguments: {q: rain}}]
"""
NOTE = "tools;invented"
NOTES = "x-codex-proxy-notes"


async def ask(play: Stage, dialect: Dialect, *, stream: bool, tools: bool = False) -> httpx.Response:
    path, body = question(dialect, "gpt-5.4", "hello", stream=stream, tools=tools)
    url = f"{play.bridge_url}{path}" if dialect is Dialect.OLLAMA else path
    reply = await play.client.post(url, json=body)
    assert reply.status_code == 200, reply.text
    return reply


def names(tools: list[dict[str, Any]]) -> list[str]:
    return [tool.get("name") or tool["type"] for tool in tools]


async def offered(play: Stage) -> list[str]:
    """What the backend was offered last."""
    return names((await play.asked())[-1]["body"].get("tools") or [])


def call_in(dialect: Dialect, body: dict[str, Any]) -> tuple[str, Any]:
    """The name and the arguments of the call in a whole answer."""
    match dialect:
        case Dialect.OPENAI_CHAT:
            function = body["choices"][0]["message"]["tool_calls"][0]["function"]
            return function["name"], json.loads(function["arguments"])
        case Dialect.OPENAI_RESPONSES:
            item = next(item for item in body["output"] if item["type"] == "function_call")
            return item["name"], json.loads(item["arguments"])
        case Dialect.ANTHROPIC:
            block = next(block for block in body["content"] if block["type"] == "tool_use")
            return block["name"], block["input"]
        case Dialect.GEMINI:
            parts = body["candidates"][0]["content"]["parts"]
            call = next(part["functionCall"] for part in parts if "functionCall" in part)
            return call["name"], call["args"]
        case _:
            function = body["message"]["tool_calls"][0]["function"]
            return function["name"], function["arguments"]


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_every_dialect_offers_them_behind_its_own_and_tells_a_call_as_any_other(
    tmp_path: Path, dialect: Dialect
) -> None:
    settings = {"MODEL__DEFAULT_TOOLS": TOLD, "OLLAMA__ENABLED": "true", "OLLAMA__PORT": "0"}
    async with stage(tmp_path, SEARCHES_AND_CALLS, **settings) as play:
        whole = await ask(play, dialect, stream=False)
        assert await offered(play) == ["web_search", "lookup"]
        streamed = await ask(play, dialect, stream=True, tools=True)
        assert await offered(play) == ["look", "web_search", "lookup"]
    assert call_in(dialect, whole.json()) == ("lookup", {"q": "rain"})
    assert "found" in whole.text
    assert "lookup" in streamed.text
    assert "found" in streamed.text
    assert NOTE in whole.headers[NOTES]
    assert NOTE in streamed.headers[NOTES]


async def test_nothing_is_offered_twice_and_nothing_to_whom_chooses_or_has_no_words_for_it(tmp_path: Path) -> None:
    search = {"search_context_size": "low"}
    mine = {"type": "function", "function": {"name": "lookup", "parameters": SCHEMA}}
    async with stage(tmp_path, MODEL__DEFAULT_TOOLS=TOLD, OLLAMA__ENABLED="true", OLLAMA__PORT="0") as play:
        await play.chat(web_search_options=search, tools=[mine])
        assert await offered(play) == ["lookup", "web_search"]
        await play.respond(tools=[{"type": "web_search_preview"}], tool_choice="auto")
        assert await offered(play) == ["web_search", "lookup"]
        for choice in ("none", "required", {"type": "function", "function": {"name": "lookup"}}):
            reply = await play.chat(tools=[mine], tool_choice=choice)
            assert await offered(play) == ["lookup"]
            assert NOTE not in reply.headers.get(NOTES, "")
        await play.client.post("/v1/completions", json={"model": "gpt-5.4", "prompt": "x"})
        assert await offered(play) == []
        await play.client.post(f"{play.bridge_url}/api/generate", json={"model": "gpt-5.4", "prompt": "x"})
        assert await offered(play) == []
        await play.client.post("/v1/images/generations", json={"prompt": "a cat"})
        assert await offered(play) == ["image_generation"]


async def test_strict_refuses_nobody_for_what_the_owner_added(tmp_path: Path) -> None:
    async with stage(tmp_path, MODEL__DEFAULT_TOOLS=TOLD, TRANSLATION__STRICT="true") as play:
        assert (await play.chat()).status_code == 200
        assert await offered(play) == ["web_search", "lookup"]


async def test_a_key_has_tools_of_its_own_none_or_those_of_all_and_is_changed_at_once(tmp_path: Path) -> None:
    asked = {"model": "gpt-5.4", "messages": [{"role": "user", "content": "hi"}]}
    async with stage(tmp_path) as play:
        key = await handed_out(play)
        assert key["default_tools"] is None
        await play.client.post("/admin/settings", json={"values": {"model.default_tools": [SEARCH]}})
        headers = {"authorization": f"Bearer {key['key']}"}
        for told, seen in (([LOOKUP], ["lookup"]), ([], []), (None, ["web_search"])):
            reply = await play.client.put(f"{KEYS}/{key['id']}", json={"default_tools": told})
            assert reply.json()["key"]["default_tools"] == told
            await play.client.post("/v1/chat/completions", json=asked, headers=headers)
            assert await offered(play) == seen
        async with guest(play, default_tools=[LOOKUP]) as client:
            await play.client.post("/admin/settings", json={"values": {"model.default_tools": []}})
            await client.post("/v1/chat/completions", json=asked)
            assert await offered(play) == ["lookup"]
        await play.chat()
        assert await offered(play) == []
    async with stage(tmp_path) as play:
        listed = (await play.client.get(KEYS)).json()["keys"]
        assert [each["default_tools"] for each in listed] == [None, [LOOKUP]]


async def test_what_cannot_be_offered_is_refused_in_the_words_of_its_field(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        key = await handed_out(play)
        for tools, told in (
            ([{"type": "mcp"}], "default_tools[0].type: expected one of function, image_generation, web_search"),
            ([LOOKUP, LOOKUP], "default_tools[1]: lookup is there twice"),
        ):
            reply = await play.client.put(f"{KEYS}/{key['id']}", json={"default_tools": tools})
            assert (reply.status_code, told in reply.text) == (400, True), reply.text
            values = {"values": {"model.default_tools": tools}}
            reply = await play.client.post("/admin/settings", json=values)
            assert (reply.status_code, "model.default_tools" in reply.text) == (400, True), reply.text
        assert (await play.client.get(KEYS)).json()["keys"][0]["default_tools"] is None


@pytest.mark.parametrize("wire", ["chat", "responses", "anthropic", "gemini"])
async def test_a_vendor_is_offered_what_it_takes_and_bodies_pass_where_that_is_nothing(
    tmp_path: Path, wire: str
) -> None:
    own = {
        "chat": Dialect.OPENAI_CHAT,
        "responses": Dialect.OPENAI_RESPONSES,
        "anthropic": Dialect.ANTHROPIC,
        "gemini": Dialect.GEMINI,
    }[wire]
    path, body = question(own, f"{wire}:{MODEL}", "hello", stream=False, tools=True)
    for tools, passes in (([{"type": "image_generation"}], wire != "responses"), ([LOOKUP], False)):
        values = {"model": {"default_tools": tools}, "translation": {"strict": True}}
        async with vendor_stage(tmp_path, "", settings=values) as vendors:
            reply = await vendors.play.client.post(path, json=body)
            (call,) = await vendors.calls()
        assert reply.status_code == 200, reply.text
        asked = json.loads(call["raw"])
        assert (NOTE in reply.headers.get(NOTES, "")) is not passes
        assert ("lookup" in json.dumps(asked)) is (tools == [LOOKUP])
        assert "look" in json.dumps(asked)
        if passes:
            assert asked | {"model": body.get("model")} == body | {"model": body.get("model")}
