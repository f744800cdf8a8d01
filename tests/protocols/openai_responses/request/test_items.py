"""Input items, both ways."""

from typing import Any

import pytest

from codex_proxy.canonical.blocks import Hosted, Text, Thinking, ToolCall, ToolKind, ToolResult
from codex_proxy.canonical.request import Role, Turn
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.openai_responses.request.items import build_items, parse_input
from codex_proxy.protocols.parts.signatures import seal

ITEMS: list[dict[str, Any]] = [
    {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "rules"}]},
    {"type": "message", "id": "msg_1", "role": "assistant", "content": [{"type": "output_text", "text": "yes"}]},
    {
        "type": "message",
        "role": "assistant",
        "content": [{"type": "output_text", "text": "so"}],
        "phase": "commentary",
        "future": 1,
    },
    {"type": "function_call", "name": "look", "arguments": '{"a":1}', "call_id": "c"},
    {"type": "function_call", "namespace": "files", "name": "look", "arguments": "{}", "call_id": "c", "id": "fc_1"},
    {"type": "custom_tool_call", "name": "patch", "input": "text", "call_id": "p", "status": "completed"},
    {"type": "function_call_output", "call_id": "c", "output": "seen"},
    {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_text", "text": "seen"}]},
    {"type": "custom_tool_call_output", "call_id": "p", "output": "ok", "id": "o"},
    {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hm"}], "encrypted_content": "x"},
    {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "raw"}]},
    {"type": "reasoning", "summary": [], "content": None, "encrypted_content": "x"},
    {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "q"}},
    {"type": "additional_tools", "role": "developer", "tools": []},
    {"type": "message", "role": "user", "content": []},
]


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item["type"])
def test_an_item_is_written_back_as_it_came(item: dict[str, Any]) -> None:
    assert list(build_items(parse_input([item]))) == [item]


def test_a_token_of_another_upstream_is_known_by_its_seal() -> None:
    item = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": seal("gemini", None, "x")}
    ((block,),) = [turn.blocks for turn in parse_input([item])]
    assert block == Thinking(signature="x", origin="gemini", item_id="rs_1")


def test_order_is_kept() -> None:
    assert list(build_items(parse_input(ITEMS))) == ITEMS


def test_items_become_turns() -> None:
    turns = parse_input([{"role": "user", "content": "hi"}, ITEMS[3], ITEMS[6], ITEMS[9], ITEMS[12]])
    assert turns == (
        Turn(role=Role.USER, blocks=(Text(text="hi"),)),
        Turn(role=Role.ASSISTANT, blocks=(ToolCall(call_id="c", name="look", arguments='{"a":1}'),)),
        Turn(role=Role.TOOL, blocks=(ToolResult(call_id="c", parts=(Text(text="seen"),), plain=True),)),
        Turn(role=Role.ASSISTANT, blocks=(Thinking(summary=("hm",), signature="x", item_id="rs_1"),)),
        Turn(role=Role.ASSISTANT, blocks=(Hosted(kind="web_search_call", item=ITEMS[12], item_id="ws_1"),)),
    )


def test_a_system_message_is_written_as_a_developers() -> None:
    (item,) = build_items(parse_input([{"role": "system", "content": "rules"}]))
    assert item["role"] == "developer"


def test_a_call_without_arguments_has_empty_ones() -> None:
    (turn,) = parse_input([{"type": "function_call", "name": "look", "call_id": "c"}])
    assert turn.blocks == (ToolCall(call_id="c", name="look", arguments="{}", kind=ToolKind.FUNCTION),)


def test_a_turn_of_text_calls_and_text_is_three_items() -> None:
    call = ToolCall(call_id="c", name="look", arguments="{}")
    turn = Turn(role=Role.ASSISTANT, blocks=(Text(text="a"), call, Text(text="b")))
    assert [item["type"] for item in build_items([turn])] == ["message", "function_call", "message"]


@pytest.mark.parametrize(
    ("item", "path"),
    [
        ({"type": "function_call", "call_id": "c"}, "input[0].name"),
        ({"type": "function_call", "name": "x", "call_id": "c", "arguments": {}}, "input[0].arguments"),
        ({"type": "function_call_output", "output": "x"}, "input[0].call_id"),
        ({"type": "item_reference", "id": "x"}, "input[0]"),
        ({"role": "user", "content": 7}, "input[0].content"),
        ({"role": "user", "content": [7]}, "input[0].content[0]"),
        ({"role": 7}, "input[0].role"),
    ],
)
def test_a_malformed_item_is_named(item: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse_input([item])
    assert refused.value.path == path
