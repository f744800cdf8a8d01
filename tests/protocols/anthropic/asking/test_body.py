from typing import Any

import msgspec

from codex_proxy.canonical.blocks import Text, Thinking, ToolCall, ToolResult
from codex_proxy.canonical.notes import Weight
from codex_proxy.canonical.request import (
    Dialect,
    JsonOutput,
    Reasoning,
    Request,
    Role,
    Sampling,
    SchemaOutput,
    Turn,
)
from codex_proxy.canonical.tools import CustomTool, FunctionTool
from codex_proxy.protocols.anthropic.asking.body import Body, build_body
from codex_proxy.protocols.anthropic.schema import AnthropicProfile, Thinks
from codex_proxy.protocols.parts.signatures import seal
from tests.protocols.anthropic.wire import request, target

HI = Turn(role=Role.USER, blocks=(Text(text="hi"),))
EPHEMERAL = {"cache_control": {"type": "ephemeral"}}


def build(asked: Request, *, to: dict[str, Any] | None = None, **profile: Any) -> Body:
    return build_body(asked, target(**(to or {})), AnthropicProfile(**profile))


def chat(*turns: Turn, **members: Any) -> Request:
    return Request(dialect=Dialect.OPENAI_CHAT, model="claude-x", turns=turns or (HI,), **members)


# A client of this dialect


def test_a_clients_own_body_goes_on_as_it_was() -> None:
    asked = request(
        system=[{"type": "text", "text": "s", **EPHEMERAL}],
        messages=[{"role": "user", "content": [{"type": "hologram", "depth": 1, **EPHEMERAL}]}],
        tools=[{"type": "code_execution_20260120", "name": "code_execution"}, {"name": "f", **EPHEMERAL}],
        thinking={"type": "enabled", "budget_tokens": 2000, "future": 1},
        context_management={"edits": []},
        temperature=1,
        future={"x": 1},
    )
    assert asked.native is not None
    members = build(asked).members
    assert members == asked.native.members | {"model": "claude-v", "stream": False}


def test_an_output_limit_is_set_where_the_client_set_none() -> None:
    assert build(request(max_tokens=None)).members["max_tokens"] == 32_000
    assert build(request(max_tokens=0)).members["max_tokens"] == 0  # it wants its prompt cached and no answer
    assert build(request(max_tokens=None), to={"model": {"max_output_tokens": 9}}).members["max_tokens"] == 9


def test_an_effort_from_the_models_name_is_said_where_the_client_said_none() -> None:
    made = build(request(), to={"effort": "high"}).members
    assert made["output_config"] == {"effort": "high"}
    said = build(request(output_config={"effort": "low"}), to={"effort": "high"}).members
    assert said["output_config"] == {"effort": "low"}


def test_thinking_is_switched_off_when_its_thoughts_were_another_upstreams() -> None:
    history = [
        {"role": "user", "content": "x"},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "T", "signature": seal("responses", "rs_1", "gAAAA")},
                {"type": "tool_use", "id": "c", "name": "f", "input": {}},
            ],
        },
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c", "content": "y"}]},
    ]
    made = build(request(messages=history, thinking={"type": "enabled", "budget_tokens": 2000}))
    assert made.members["thinking"] == {"type": "disabled"}
    assert [block["type"] for block in made.members["messages"][1]["content"]] == ["tool_use"]
    assert [note.path for note in made.notes] == ["messages[1]", "thinking"]


def test_a_changed_request_is_written_anew() -> None:
    asked = request(future=1)
    changed = msgspec.structs.replace(asked, turns=(HI, HI))
    members = build(changed).members
    assert "future" not in members
    assert len(members["messages"][0]["content"]) == 2


def test_fields_the_vendor_refused_stay_out() -> None:
    made = build(
        request(future=1, output_config={"effort": "low", "format": None}),
        to={"learned_rejects": frozenset({"future", "output_config.effort", "never"})},
    )
    assert "future" not in made.members
    assert made.members["output_config"] == {"format": None}
    assert [note.path for note in made.notes] == ["future", "output_config.effort"]


def test_members_a_vendor_does_not_take_are_left_out_whoever_said_them() -> None:
    for asked in (request(temperature=0.5), chat(sampling=Sampling(temperature=0.5))):
        made = build(asked, refuses=("temperature",), sends={"container": "c", "max_tokens": 1})
        assert ("temperature" in made.members, made.members["container"]) == (False, "c")
        assert made.members["max_tokens"] != 1
        assert [(note.path, note.weight) for note in made.notes] == [("temperature", Weight.COSMETIC)]


# Clients of other dialects


def test_the_smallest_request() -> None:
    assert build(chat(), cache_marks=False).members == {
        "model": "claude-v",
        "max_tokens": 32_000,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}],
        "stream": False,
    }


def test_instructions_are_gathered_in_front() -> None:
    lead = Turn(role=Role.SYSTEM, blocks=(Text(text="a"), Text(text="b")))
    made = build(chat(lead, Turn(role=Role.DEVELOPER, blocks=(Text(text="c"),)), HI, instructions="i")).members
    assert [block["text"] for block in made["system"]] == ["i", "a\n\nb", "c"]


def test_cache_marks_where_prefixes_recur() -> None:
    members = build(chat(HI, instructions="i", tools=(FunctionTool(name="f"), FunctionTool(name="g")))).members
    assert members["system"][-1]["cache_control"] == {"type": "ephemeral"}
    assert ["cache_control" in tool for tool in members["tools"]] == [False, True]
    assert members["messages"][-1]["content"][-1]["cache_control"] == {"type": "ephemeral"}


def test_sampling_goes_out_where_the_model_does_not_think() -> None:
    sampling = Sampling(temperature=1.7, top_p=0.5, top_k=3, stop=("END", " \n"), max_tokens=7)
    made = build(chat(sampling=sampling))
    assert {name: made.members[name] for name in ("temperature", "top_p", "top_k", "stop_sequences", "max_tokens")} == {
        "temperature": 1,
        "top_p": 0.5,
        "top_k": 3,
        "stop_sequences": ["END"],
        "max_tokens": 7,
    }
    assert [note.path for note in made.notes] == ["stop", "temperature"]
    thinking = build(chat(sampling=sampling, reasoning=Reasoning(effort="high")))
    assert not {"temperature", "top_p", "top_k"} & thinking.members.keys()
    assert [note.path for note in thinking.notes] == ["stop", "temperature", "top_p", "top_k"]


def test_the_wanted_form_of_the_answer() -> None:
    schema = SchemaOutput(name="s", schema={"type": "object"})
    made = build(chat(output=schema, reasoning=Reasoning(effort="low"))).members
    assert made["output_config"] == {
        "effort": "low",
        "format": {"type": "json_schema", "schema": {"type": "object"}},
    }
    old = build(chat(output=schema), structured_outputs=False)
    assert '{"type":"object"}' in old.members["system"][-1]["text"]
    assert [(note.path, note.weight) for note in old.notes] == [("response_format", Weight.LOSSY)]
    plain = build(chat(output=JsonOutput()))
    assert plain.members["system"][-1]["text"] == "Answer with a JSON object and nothing else."


def test_calls_without_an_own_thought_forbid_thinking() -> None:
    history = (
        HI,
        Turn(role=Role.ASSISTANT, blocks=(ToolCall(call_id="c", name="f", arguments="{}"),)),
        Turn(role=Role.TOOL, blocks=(ToolResult(call_id="c", parts=(Text(text="x"),)),)),
    )
    made = build(chat(*history, reasoning=Reasoning(effort="high")), thinks=Thinks.BUDGET)
    assert "thinking" not in made.members
    assert [note.path for note in made.notes] == ["thinking"]
    thought = Thinking(summary=("T",), signature="EuwJ", origin="anthropic")
    with_thought = (HI, Turn(role=Role.ASSISTANT, blocks=(thought, *history[1].blocks)), history[2])
    assert "thinking" in build(chat(*with_thought, reasoning=Reasoning(effort="high"))).members


def test_calls_without_an_answer_get_one() -> None:
    call = Turn(role=Role.ASSISTANT, blocks=(ToolCall(call_id="c", name="f", arguments="{}"),))
    made = build(chat(HI, call, HI))
    assert made.members["messages"][2]["content"][0]["type"] == "tool_result"


def test_what_must_be_undone_in_the_answer() -> None:
    context = build(chat(tools=(FunctionTool(name="a.b"), CustomTool(name="patch")))).context
    assert context.tool_names == {"a_b": "a.b"}
    assert context.custom_tools == {"patch"}
    assert context.model == "claude-v"


def test_fields_without_a_meaning_are_noted() -> None:
    assert [note.path for note in build(chat(extra={"prediction": 1})).notes] == ["prediction"]


def test_one_way_of_drawing_tokens_at_a_time() -> None:
    both = chat(sampling=Sampling(temperature=0.5, top_p=0.9))
    made = build(both, temperature_or_top_p=True)
    assert (made.members["temperature"], "top_p" in made.members) == (0.5, False)
    assert [note.path for note in made.notes] == ["top_p"]
    assert build(both).members["top_p"] == 0.9
    assert build(chat(sampling=Sampling(top_p=0.9)), temperature_or_top_p=True).members["top_p"] == 0.9
