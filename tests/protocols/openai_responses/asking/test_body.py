"""Bodies for vendors."""

from typing import Any

import msgspec
import pytest

from codex_proxy.canonical.blocks import Text, Thinking, ToolCall, ToolKind, ToolResult
from codex_proxy.canonical.notes import Weight
from codex_proxy.canonical.request import (
    Dialect,
    JsonOutput,
    Reasoning,
    Request,
    Role,
    Sampling,
    SchemaOutput,
    SessionHints,
    Turn,
)
from codex_proxy.canonical.target import ModelFacts
from codex_proxy.canonical.tools import (
    ChooseHosted,
    ChooseTool,
    CustomTool,
    FunctionTool,
    HostedTool,
    NamespaceTool,
)
from codex_proxy.protocols.base import Unsupported
from codex_proxy.protocols.openai_responses.asking.body import VendorBody, build_vendor_body
from codex_proxy.protocols.openai_responses.asking.profile import ResponsesProfile
from codex_proxy.protocols.openai_responses.request.body import parse_request_object
from tests.protocols.codex.parts import request, target, user

OPEN = {"type": "object", "properties": {"a": {"type": "string"}}}
PLAIN = ModelFacts(slug="gpt-4o")
HELLO = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]}


def built(asked: Request, profile: ResponsesProfile | None = None, **changes: Any) -> VendorBody:
    return build_vendor_body(asked, target(**changes), profile or ResponsesProfile())


def native(**members: Any) -> Request:
    return parse_request_object({"model": "m", "input": [HELLO]} | members, headers={}).request


def test_the_smallest_request_keeps_no_answer_and_asks_for_nothing() -> None:
    made = built(request(), model=PLAIN)
    assert made.members == {"model": "gpt-4o", "input": [HELLO], "store": False}
    assert made.notes == ()


def test_a_client_of_this_dialect_says_what_it_said() -> None:
    said = {
        "instructions": "be nice",
        "input": [
            {"type": "message", "role": "system", "content": [{"type": "input_text", "text": "s"}]},
            {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "d"}]},
            HELLO | {"id": "msg_1", "status": "completed"},
            {"type": "reasoning", "id": "rs_1", "summary": []},
            {"type": "function_call", "id": "fc_1", "call_id": "c", "name": "a.b", "arguments": "{}"},
            {"type": "brand_new", "id": "x_1"},
        ],
        "tools": [
            {"type": "function", "name": "a.b", "parameters": OPEN, "defer_loading": True},
            {"type": "custom", "name": "patch", "format": {"type": "text"}},
            {"type": "namespace", "name": "n", "tools": [{"type": "function", "name": "f", "parameters": OPEN}]},
            {"type": "web_search", "filters": {"allowed_domains": ["a.test"]}},
            {"type": "mcp", "server_label": "s"},
        ],
        "tool_choice": {"type": "function", "name": "a.b"},
        "parallel_tool_calls": False,
        "reasoning": {"effort": "low", "summary": "concise", "context": "all_turns"},
        "text": {"format": {"type": "json_schema", "name": "a b", "schema": OPEN}, "verbosity": "low"},
        "temperature": 0.5,
        "top_p": 0.9,
        "top_logprobs": 3,
        "max_output_tokens": 99,
        "metadata": {"a": "b"},
        "user": "u",
        "prompt_cache_key": "k",
        "include": ["file_search_call.results"],
        "previous_response_id": "resp_1",
        "service_tier": "flex",
        "store": True,
        "stream": True,
        "truncation": "auto",
        "max_tool_calls": 3,
        "brand_new": {"x": 1},
    }
    made = built(native(**said), service_tier="flex")
    expected = said | {"model": "gpt-5.4"}
    expected["text"] = {"format": {"type": "json_schema", "schema": OPEN, "name": "a_b"}, "verbosity": "low"}
    assert made.members == expected
    assert made.notes == ()


def test_another_dialects_request_is_said_in_this_one() -> None:
    turns = (
        Turn(role=Role.SYSTEM, blocks=(Text(text="rules"),)),
        user(),
        Turn(role=Role.ASSISTANT, blocks=(Text(text="hm"), ToolCall(call_id="c", name="a.b", arguments="{}"))),
        Turn(role=Role.TOOL, blocks=(ToolResult(call_id="c", parts=(Text(text="seen"),)),)),
        Turn(role=Role.SYSTEM, blocks=(Text(text="later"),)),
    )
    made = built(
        request(
            *turns,
            tools=(FunctionTool(name="a.b", parameters=OPEN), CustomTool(name="patch")),
            tool_choice=ChooseTool(name="a.b"),
            parallel_tool_calls=True,
            output=SchemaOutput(name="a", schema=OPEN),
            sampling=Sampling(temperature=0, max_tokens=5, stop=("x",)),
            session=SessionHints(user="u", prompt_cache_key="k"),
            metadata={"a": "b"},
        ),
        effort="xhigh",
    )
    members = made.members
    assert members["instructions"] == "rules"
    assert [item.get("role") or item["type"] for item in members["input"]] == [
        "user",
        "assistant",
        "function_call",
        "function_call_output",
        "system",
    ]
    assert [tool["name"] for tool in members["tools"]] == ["a_b", "patch"]
    assert members["tools"][0]["strict"] is False
    assert members["tool_choice"] == {"type": "function", "name": "a_b"}
    assert members["parallel_tool_calls"] is True
    assert members["reasoning"] == {"effort": "high", "summary": "auto"}
    assert members["include"] == ["reasoning.encrypted_content"]
    assert members["text"]["format"]["strict"] is False
    assert (members["temperature"], members["max_output_tokens"]) == (0, 5)
    assert (members["user"], members["prompt_cache_key"], members["metadata"]) == ("u", "k", {"a": "b"})
    assert members["store"] is False
    assert made.context.tool_names == {"a_b": "a.b"}
    assert made.notes == ()


def test_what_this_dialect_has_no_word_for_is_noted() -> None:
    sampling = Sampling(top_k=1, seed=7, logit_bias={"1": 1}, presence_penalty=1, frequency_penalty=1)
    made = built(request(sampling=sampling, extra={"min_p": 1}), model=PLAIN)
    assert {note.path for note in made.notes} == {
        "top_k",
        "seed",
        "logit_bias",
        "presence_penalty",
        "frequency_penalty",
        "min_p",
    }
    assert {note.weight for note in made.notes} == {Weight.COSMETIC}
    assert made.members.keys() == {"model", "input", "store"}


def test_metadata_of_another_vendors_dialect_stays_here() -> None:
    asked = request(dialect=Dialect.ANTHROPIC, metadata={"user_id": "x"}, session=SessionHints(user="x"))
    made = built(asked, model=PLAIN)
    assert not {"metadata", "user"} & made.members.keys()
    assert [note.path for note in made.notes] == ["metadata", "metadata.user_id"]


def test_a_model_that_does_not_reason_is_not_asked_for_its_reasoning() -> None:
    assert "include" not in built(request(), model=PLAIN).members
    assert "include" not in built(request(), ResponsesProfile(encrypted_reasoning=False)).members
    assert built(native()).members.keys() == {"model", "input", "store"}
    hidden = request(reasoning=Reasoning(visible=False))
    assert "reasoning" not in built(hidden).members


def test_an_unknown_effort_passes_for_a_client_of_this_dialect_only() -> None:
    assert built(native(), effort="banana").members["reasoning"] == {"effort": "banana"}
    made = built(request(), effort="banana")
    assert "effort" not in made.members["reasoning"]
    assert [note.path for note in made.notes] == ["reasoning.effort"]


def test_the_owners_instructions_serve_where_the_client_gave_none() -> None:
    assert built(request(), default_instructions="be brief").members["instructions"] == "be brief"
    assert built(native(instructions="long"), default_instructions="be brief").members["instructions"] == "long"


@pytest.mark.parametrize(("tier", "sent"), [("fast", "priority"), ("flex", "flex"), (None, None)])
def test_tiers(tier: str | None, sent: str | None) -> None:
    assert built(request(), service_tier=tier).members.get("service_tier") == sent


def test_json_is_asked_for_in_the_input_too() -> None:
    made = built(request(user("a list please"), output=JsonOutput()))
    assert made.members["text"] == {"format": {"type": "json_object"}}
    assert made.members["input"][-1]["role"] == "developer"


def test_reasoning_that_was_refused_stays_out_whoever_sends_it() -> None:
    thought = Turn(role=Role.ASSISTANT, blocks=(Thinking(signature="gAAAA"),))
    for dialect in (Dialect.OPENAI_CHAT, Dialect.OPENAI_RESPONSES):
        asked = request(thought, user(), dialect=dialect)
        assert len(built(asked).members["input"]) == 2
        assert len(built(asked, drop_reasoning=True).members["input"]) == 1


def test_a_vendor_without_developers_hears_the_system() -> None:
    asked = native(input=[HELLO | {"role": "developer"}, HELLO | {"role": "system"}, HELLO])
    made = built(asked, ResponsesProfile(developer_role=False))
    assert [item["role"] for item in made.members["input"]] == ["system", "system", "user"]


def test_a_vendor_without_free_text_tools_gets_functions_for_them() -> None:
    call = {"type": "custom_tool_call", "call_id": "c", "name": "patch", "input": "*** End"}
    asked = native(
        input=[HELLO, call, {"type": "custom_tool_call_output", "call_id": "c", "output": "done"}],
        tools=[{"type": "custom", "name": "patch"}],
        tool_choice={"type": "custom", "name": "patch"},
    )
    made = built(asked, ResponsesProfile(custom_tools=False))
    assert [tool["type"] for tool in made.members["tools"]] == ["function"]
    assert made.members["tool_choice"] == {"type": "function", "name": "patch"}
    assert [item["type"] for item in made.members["input"][1:]] == ["function_call", "function_call_output"]
    assert made.members["input"][1]["arguments"] == '{"input":"*** End"}'
    assert made.context.custom_tools == {"patch"}
    assert built(asked).context.custom_tools == frozenset()


def test_hosted_tools_and_groups_pass() -> None:
    tools = (HostedTool(kind="web_search", settings={"a": 1}), NamespaceTool(name="n", tools=(FunctionTool(name="f"),)))
    made = built(request(tools=tools, tool_choice=ChooseHosted(kind="web_search"), parallel_tool_calls=False))
    assert [tool["type"] for tool in made.members["tools"]] == ["web_search", "namespace"]
    assert made.members["tool_choice"] == {"type": "web_search"}


def test_without_tools_nothing_is_said_about_them() -> None:
    asked = request(tool_choice=ChooseTool(name="look", kind=ToolKind.CUSTOM), parallel_tool_calls=True)
    assert not {"tools", "tool_choice", "parallel_tool_calls"} & built(asked).members.keys()


def test_a_choice_of_nothing_that_is_offered_is_refused() -> None:
    with pytest.raises(Unsupported, match="look"):
        built(request(tools=(CustomTool(name="patch"),), tool_choice=ChooseTool(name="look")))


def test_fields_the_vendor_refused_before_are_left_out_with_a_note() -> None:
    asked = request(sampling=Sampling(temperature=1))
    made = built(asked, model=PLAIN, learned_rejects=frozenset({"temperature", "user"}))
    assert "temperature" not in made.members
    assert [note.path for note in made.notes] == ["temperature"]


def test_members_a_vendor_does_not_take_are_left_out() -> None:
    profile = ResponsesProfile(refuses=("user", "reasoning.summary"), refuses_thinking=("temperature",))
    asked = request(sampling=Sampling(temperature=0.5), session=SessionHints(user="u"))
    quiet = built(asked, profile, model=PLAIN)
    assert ("user" in quiet.members, "temperature" in quiet.members) == (False, True)
    assert [(note.path, note.weight) for note in quiet.notes] == [("user", Weight.COSMETIC)]
    thinking = built(asked, profile, effort="low")
    assert (thinking.members["reasoning"], "temperature" in thinking.members) == ({"effort": "low"}, False)
    assert "temperature" not in built(asked, msgspec.structs.replace(profile, thinks=True), model=PLAIN).members
    off = native(temperature=0.5, reasoning={"effort": "none"})
    assert "temperature" in built(off, msgspec.structs.replace(profile, thinks=True)).members


@pytest.mark.parametrize(("asked", "said", "noted"), [(5, 16, True), (16, 16, False), (None, None, False)])
def test_a_limit_is_at_least_the_vendors_least(asked: int | None, said: int | None, noted: bool) -> None:
    made = built(request(sampling=Sampling(max_tokens=asked)), ResponsesProfile(least_output_tokens=16), model=PLAIN)
    assert (made.members.get("max_output_tokens"), bool(made.notes)) == (said, noted)


def test_a_vendor_that_speaks_as_the_codex_backend_does() -> None:
    profile = ResponsesProfile(
        system_role=False, needs_instructions=True, streams_only=True, cache_key=True, sends={"tool_choice": "auto"}
    )
    late = Turn(role=Role.SYSTEM, blocks=(Text(text="s"),))
    made = built(request(user("hello"), late), profile, model=PLAIN).members
    assert (made["instructions"], made["stream"], made["tool_choice"]) == ("", True, "auto")
    assert [item["role"] for item in made["input"]] == ["user", "developer"]
    assert made["prompt_cache_key"] == target().identity.session_id
    own = built(native(prompt_cache_key="mine", tool_choice="none", instructions="i"), profile).members
    assert (own["prompt_cache_key"], own["tool_choice"], own["instructions"]) == ("mine", "none", "i")
