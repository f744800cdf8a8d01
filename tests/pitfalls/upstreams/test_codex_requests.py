"""Traps of section 1: what the backend is asked."""

import json
from pathlib import Path
from typing import Any

import pytest

from codex_proxy.canonical.notes import Weight
from codex_proxy.protocols.base import InvalidRequest, ServerCodec
from codex_proxy.protocols.codex.lookups import parse_models
from codex_proxy.protocols.openai_chat.server import ChatServer
from codex_proxy.protocols.parts.openai.models import model_list
from tests.pitfalls.talk import (
    ANTHROPIC,
    CHAT,
    CODEX_HEADERS,
    GEMINI,
    LOOSE,
    OLLAMA,
    PNG,
    RESPONSES,
    SERVERS,
    call,
    items,
    sent,
    thought,
    user,
)
from tests.scenarios.stage import stage

REFUSED: dict[str, Any] = {
    "max_output_tokens": 9,
    "temperature": 0.5,
    "top_p": 0.5,
    "user": "u",
    "metadata": {"k": "v"},
    "truncation": "auto",
    "prompt_cache_retention": "24h",
    "context_management": [],
    "safety_identifier": "s",
    "stream_options": {"include_usage": True},
}
LONG_NAME = "mcp__a_server_with_a_long_name__" + "a_tool_with_a_longer_name_still." * 3 + "run/it:now"


def function(name: str, parameters: Any = LOOSE, **members: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": parameters} | members}


def parameters(given: Any) -> dict[str, Any]:
    """What the backend gets of a chat function's parameters."""
    made: dict[str, Any] = sent(CHAT, tools=[function("f", given)])["tools"][0]["parameters"]
    return made


@pytest.mark.parametrize("server", [CHAT, RESPONSES])
def test_p1_1_fields_the_backend_refuses_are_never_sent(server: ServerCodec) -> None:
    assert not sent(server, **REFUSED).keys() & REFUSED.keys()


async def test_p1_1_a_field_refused_by_name_is_left_out_from_then_on(tmp_path: Path) -> None:
    refusal = '{"detail": "Unsupported parameter: service_tier"}'
    script = f"rules: [{{when: {{request: 1}}, reply: {{status: 400, body: {refusal}}}}}]"
    async with stage(tmp_path, script) as play:
        assert (await play.chat(service_tier="priority")).status_code == 200
        await play.chat(service_tier="priority")
        assert ["service_tier" in entry["body"] for entry in await play.asked()] == [True, False, False]


@pytest.mark.parametrize(
    ("server", "talk"),
    [
        (CHAT, {"messages": [*user({"type": "text", "text": "u"}), {"role": "system", "content": "s"}]}),
        (RESPONSES, {"input": [{"role": "system", "content": "s"}]}),
        (ANTHROPIC, {"messages": [*user({"type": "text", "text": "u"}), {"role": "system", "content": "s"}]}),
    ],
)
def test_p1_2_a_system_message_in_the_conversation_is_a_developers(server: ServerCodec, talk: dict[str, Any]) -> None:
    assert items(server, **talk)[-1]["role"] == "developer"


@pytest.mark.parametrize("server", SERVERS)
def test_p1_3_instructions_are_always_sent(server: ServerCodec) -> None:
    assert sent(server)["instructions"] == ""


def test_p1_4_a_plain_string_is_a_question() -> None:
    assert items(RESPONSES, input="what?")[0]["content"] == [{"type": "input_text", "text": "what?"}]


@pytest.mark.parametrize(
    ("server", "tools"),
    [
        (CHAT, [function("f")]),
        (ANTHROPIC, [{"name": "f", "input_schema": LOOSE}]),
        (GEMINI, [{"functionDeclarations": [{"name": "f", "parameters": LOOSE}]}]),
        (OLLAMA, [function("f")]),
    ],
)
def test_p1_5_strict_is_said_wherever_the_client_did_not(server: ServerCodec, tools: list[Any]) -> None:
    assert sent(server, tools=tools)["tools"][0]["strict"] is False


@pytest.mark.parametrize("given", [{"type": "object"}, {}, None])
def test_p1_6_an_object_without_properties_gets_none(given: Any) -> None:
    assert parameters(given) == {"type": "object", "properties": {}}


@pytest.mark.parametrize("given", [{}, {"description": "anything"}])
def test_p1_7_a_property_without_type_may_be_of_every_type(given: dict[str, Any]) -> None:
    made = parameters({"type": "object", "properties": {"a": given}})["properties"]["a"]
    assert {"string", "object", "array", "null"} < set(made["type"])


def test_p1_7_a_property_that_nothing_fits_is_left_out_and_that_is_told() -> None:
    schema = {"type": "object", "properties": {"a": True, "b": False}, "required": ["a", "b"]}
    tool = {"type": "function", "function": {"name": "f", "parameters": schema}}
    made = sent(CHAT, tools=[tool])["tools"][0]["parameters"]
    assert (list(made["properties"]), made["required"]) == (["a"], ["a"])
    (note,) = [note for note in call(CHAT, tools=[tool]).notes if note.path == "tools.f.parameters"]
    assert (note.weight, note.detail) == (Weight.LOSSY, "a schema that nothing fits was left out: properties.b")


@pytest.mark.parametrize(("given", "kept"), [(None, None), (["path", "ghost"], ["path"])])
def test_p1_8_what_is_required_has_to_be_there(given: Any, kept: Any) -> None:
    assert parameters(LOOSE | {"required": given}).get("required") == kept


def test_p1_9_googles_spellings_of_a_schema_become_json_schema() -> None:
    given = {"type": "STRING", "nullable": True, "minLength": "3", "propertyOrdering": ["x"]}
    tools = [{"functionDeclarations": [{"name": "f", "parameters": {"type": "OBJECT", "properties": {"a": given}}}]}]
    schema = sent(GEMINI, tools=tools)["tools"][0]["parameters"]
    assert schema["type"] == "object"
    assert schema["properties"]["a"] == {"type": ["string", "null"], "minLength": 3}


def test_p1_10_a_long_or_illegal_tool_name_is_one_name_everywhere() -> None:
    called = {"id": "call_1", "type": "function", "function": {"name": LONG_NAME, "arguments": "{}"}}
    talk: dict[str, Any] = {
        "tools": [function(LONG_NAME)],
        "tool_choice": {"type": "function", "function": {"name": LONG_NAME}},
        "messages": [
            *user({"type": "text", "text": "u"}),
            {"role": "assistant", "tool_calls": [called]},
            {"role": "tool", "tool_call_id": "call_1", "content": "r"},
        ],
    }
    body = sent(CHAT, **talk)
    name = body["tools"][0]["name"]
    assert len(name) <= 64
    assert name.replace("_", "").replace("-", "").isalnum()
    assert {body["tool_choice"]["name"], body["input"][1]["name"]} == {name}
    assert call(CHAT, **talk).context.tool_names[name] == LONG_NAME


def test_p1_11_a_long_call_id_is_shortened_on_both_sides_alike() -> None:
    long = "call_" + "x" * 90
    answered = [
        {"role": "assistant", "tool_calls": [{"id": long, "type": "function", "function": {"name": "f"}}]},
        {"role": "tool", "tool_call_id": long, "content": "r"},
    ]
    _, asked, result = items(CHAT, messages=[*user({"type": "text", "text": "u"}), *answered])
    assert asked["call_id"] == result["call_id"]
    assert len(asked["call_id"]) <= 64


@pytest.mark.parametrize(
    ("server", "form"),
    [
        (CHAT, {"response_format": {"type": "json_object"}}),
        (RESPONSES, {"text": {"format": {"type": "json_object"}}}),
        (OLLAMA, {"format": "json"}),
        (GEMINI, {"generationConfig": {"responseMimeType": "application/json"}}),
    ],
)
def test_p1_12_json_is_asked_for_in_the_conversation_too(server: ServerCodec, form: dict[str, Any]) -> None:
    assert sent(server, **form)["text"]["format"] == {"type": "json_object"}
    assert "JSON" in items(server, **form)[-1]["content"][0]["text"]


def test_p1_13_ids_of_items_that_nobody_stored_are_not_sent() -> None:
    called = {"type": "function_call", "id": "fc_1", "call_id": "c", "name": "f", "arguments": "{}"}
    result = {"type": "function_call_output", "id": "fco_1", "call_id": "c", "output": "r"}
    made = items(RESPONSES, input=[thought("t", token=None), thought("t", item_id="local"), called, result])
    assert [item.get("type") for item in made] == ["reasoning", "function_call", "function_call_output"]
    assert not any("id" in item for item in made)
    assert made[0]["encrypted_content"] == "ENC"


def test_p1_13_a_reference_to_a_stored_item_is_refused_by_name() -> None:
    with pytest.raises(InvalidRequest, match=r"input\[0\]"):
        items(RESPONSES, input=[{"type": "item_reference", "id": "rs_1"}])


async def test_p1_14_reasoning_that_the_backend_cannot_read_is_left_out_once(tmp_path: Path) -> None:
    refusal = '{"error": {"code": "invalid_encrypted_content", "message": "could not be verified"}}'
    script = f"rules: [{{when: {{request: 1}}, strict: false, reply: {{status: 400, body: {refusal}}}}}]"
    talk = [thought("t"), {"role": "user", "content": "u"}]
    async with stage(tmp_path, script) as play:
        reply = await play.client.post("/v1/responses", json={"model": "gpt-5.4", "input": talk})
        assert reply.status_code == 200
        kinds = [[item["type"] for item in entry["body"]["input"]] for entry in await play.asked()]
    assert kinds == [["reasoning", "message"], ["message"]]


@pytest.mark.parametrize("headers", [CODEX_HEADERS, {}])
def test_p1_15_reasoning_without_an_id_stays(headers: dict[str, str]) -> None:
    given = {"type": "reasoning", "summary": [], "encrypted_content": "ENC"}
    assert items(RESPONSES, headers, input=[given, {"role": "user", "content": "u"}])[0] == given


def test_p1_16_calls_and_results_are_paired() -> None:
    called = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
    given = [
        called,
        {"type": "function_call_output", "call_id": "ghost", "output": "kept"},
        called | {"call_id": "c2"},
        {"type": "function_call_output", "call_id": "c2", "output": "a"},
        {"type": "function_call_output", "call_id": "c2", "output": "b"},
    ]
    made = items(RESPONSES, input=given)
    calls = [item["call_id"] for item in made if item["type"] == "function_call"]
    results = [item["call_id"] for item in made if item["type"] == "function_call_output"]
    assert (sorted(calls), sorted(results)) == (["c1", "c2"], ["c1", "c2"])
    assert "kept" in json.dumps([item for item in made if item["type"] == "message"])


@pytest.mark.parametrize(
    ("server", "part"),
    [
        (RESPONSES, {"type": "input_text", "text": "u", "prompt_cache_breakpoint": {"mode": "explicit"}}),
        (CHAT, {"type": "text", "text": "u", "cache_control": {"type": "ephemeral"}}),
        (ANTHROPIC, {"type": "text", "text": "u", "cache_control": {"type": "ephemeral"}}),
    ],
)
def test_p1_17_cache_marks_do_not_reach_the_backend(server: ServerCodec, part: dict[str, Any]) -> None:
    talk = user(part)
    made = items(server, input=talk) if server is RESPONSES else items(server, messages=talk)
    assert made[0]["content"] == [{"type": "input_text", "text": "u"}]


@pytest.mark.parametrize("server", [RESPONSES, CHAT])
@pytest.mark.parametrize("kind", ["web_search_preview", "web_search_preview_2025_03_11"])
def test_p1_18_the_older_search_tool_has_the_newer_name(server: ServerCodec, kind: str) -> None:
    body = sent(server, tools=[{"type": kind}], tool_choice={"type": kind})
    assert (body["tools"][0]["type"], body["tool_choice"]["type"]) == ("web_search", "web_search")


def picture_of_a_tool(server: ServerCodec) -> list[dict[str, Any]]:
    """What the backend hears of a tool's result with a picture."""
    url = f"data:image/png;base64,{PNG}"
    if server is ANTHROPIC:
        source = {"type": "base64", "media_type": "image/png", "data": PNG}
        content = [{"type": "text", "text": "t"}, {"type": "image", "source": source}]
        called = {"type": "tool_use", "id": "c", "name": "f", "input": {}}
        result = {"type": "tool_result", "tool_use_id": "c", "content": content}
        return items(server, messages=[{"role": "assistant", "content": [called]}, *user(result)])
    if server is CHAT:
        content = [{"type": "text", "text": "t"}, {"type": "image_url", "image_url": {"url": url}}]
        calls = [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
        result = {"role": "tool", "tool_call_id": "c", "content": content}
        return items(server, messages=[{"role": "assistant", "tool_calls": calls}, result])
    parts = [{"inlineData": {"mimeType": "image/png", "data": PNG}}]
    response = {"functionResponse": {"id": "c", "name": "f", "response": {"output": "t"}, "parts": parts}}
    asked = {"role": "model", "parts": [{"functionCall": {"id": "c", "name": "f", "args": {}}}]}
    return items(server, contents=[asked, {"role": "user", "parts": [response]}])


@pytest.mark.parametrize("server", [ANTHROPIC, CHAT, GEMINI])
def test_p1_19_a_tools_picture_stays_in_its_result(server: ServerCodec) -> None:
    *_, result = picture_of_a_tool(server)
    assert result["type"] == "function_call_output"
    assert [part["type"] for part in result["output"]] == ["input_text", "input_image"]


@pytest.mark.parametrize(
    "printed",
    [json.dumps([{"type": "image", "data": PNG, "mimeType": "image/png"}]), f"data:image/png;base64,{PNG}"],
)
def test_p1_20_a_picture_printed_by_a_tool_is_no_text(printed: str) -> None:
    calls = [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    talk = [{"role": "assistant", "tool_calls": calls}, {"role": "tool", "tool_call_id": "c", "content": printed}]
    *_, result = items(CHAT, messages=talk)
    assert [part["type"] for part in result["output"]] == ["input_image"]


@pytest.mark.parametrize("server", SERVERS)
def test_p1_21_encrypted_reasoning_is_always_asked_for(server: ServerCodec) -> None:
    assert sent(server)["include"] == ["reasoning.encrypted_content"]


@pytest.mark.parametrize("server", [CHAT, OLLAMA])
def test_p1_22_visible_thoughts_need_a_summary(server: ServerCodec) -> None:
    assert sent(server)["reasoning"] == {"summary": "auto"}


@pytest.mark.parametrize("server", SERVERS)
def test_p1_23_no_effort_is_made_up(server: ServerCodec) -> None:
    assert "effort" not in sent(server).get("reasoning", {})


@pytest.mark.parametrize("escaped", [r"\ud83d", r"\u0000"])
def test_p1_24_text_that_no_parser_takes_is_replaced(escaped: str) -> None:
    body = rf'{{"model":"gpt-5.4","messages":[{{"role":"user","content":"C:{escaped}x"}}]}}'
    request = ChatServer().parse_request(body.encode(), headers={}).request
    assert "C:\ufffdx" in str(request.turns)


def test_p1_25_parallel_calls_are_a_matter_of_tools() -> None:
    assert sent(CHAT, tools=[function("f")], parallel_tool_calls=False)["parallel_tool_calls"] is False
    assert "parallel_tool_calls" not in sent(CHAT, parallel_tool_calls=True)


@pytest.mark.parametrize(
    ("server", "said"), [(CHAT, {"verbosity": "low"}), (RESPONSES, {"text": {"verbosity": "low"}})]
)
def test_p1_26_verbosity_is_passed_on(server: ServerCodec, said: dict[str, Any]) -> None:
    assert sent(server, **said)["text"]["verbosity"] == "low"


@pytest.mark.parametrize(
    "item",
    [
        {"type": "additional_tools", "role": "developer", "tools": [{"type": "namespace", "name": "n", "tools": []}]},
        {"type": "tool_search_call", "call_id": "c", "execution": "client", "arguments": {"q": "x"}},
        {"type": "tool_search_output", "call_id": "c", "execution": "client", "tools": []},
        {"type": "function_call", "call_id": "c", "name": "f", "namespace": "mcp__s", "arguments": "{}"},
    ],
)
def test_p1_27_items_of_the_family_are_not_rebuilt(item: dict[str, Any]) -> None:
    assert items(RESPONSES, CODEX_HEADERS, input=[item]) == [item]


@pytest.mark.parametrize("headers", [CODEX_HEADERS, {}])
def test_p1_28_the_phase_of_a_message_stays(headers: dict[str, str]) -> None:
    said = {"type": "message", "role": "assistant", "phase": "commentary", "content": "hm"}
    assert items(RESPONSES, headers, input=[said])[0]["phase"] == "commentary"


async def test_p1_31_no_tier_is_an_error(tmp_path: Path) -> None:
    tiers = ("auto", "default", "scale", "standard", None, "priority", "fast")
    async with stage(tmp_path) as play:
        assert [(await play.chat(service_tier=tier)).status_code for tier in tiers] == [200] * len(tiers)
        asked = [entry["body"].get("service_tier") for entry in await play.asked()]
    assert asked == [None] * 5 + ["priority"] * 2


async def test_p1_32_no_effort_is_an_error(tmp_path: Path) -> None:
    efforts = ("none", "minimal", "xhigh", "max", "immense")
    async with stage(tmp_path) as play:
        assert [(await play.chat(reasoning_effort=effort)).status_code for effort in efforts] == [200] * len(efforts)
        asked = [entry["body"].get("reasoning", {}).get("effort") for entry in await play.asked()]
    assert set(asked) <= {None, "none", "minimal", "low", "medium", "high", "xhigh", "max"}
    assert asked[-1] is None


def test_p1_33_selectors_and_hidden_models_are_not_listed() -> None:
    shown = {"auto": "list", "gpt-old": "hide", "gpt-5.4": "list"}
    body = {"models": [{"slug": slug, "visibility": visibility} for slug, visibility in shown.items()]}
    listed = model_list(parse_models(json.dumps(body).encode()))["data"]
    assert [model["id"] for model in listed] == ["gpt-5.4"]
