"""Messages as turns: ids, pairing, kinds, and what is refused."""

import base64
from typing import Any

import pytest

from codex_proxy.canonical.blocks import DataSource, Image, Refusal, Text, Thinking, ToolCall, ToolKind, ToolResult
from codex_proxy.canonical.notes import Verdict, Weight
from codex_proxy.canonical.request import Role, Turn
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.openai_chat.conversation.reading import parse_messages
from codex_proxy.protocols.parts.signatures import seal

BARE = base64.urlsafe_b64encode(b"\x80" + bytes(72)).decode()  # the form of the Codex backend's tokens


def turns(*messages: Any, custom: tuple[str, ...] = ()) -> tuple[Turn, ...]:
    return parse_messages(list(messages), "messages", dict.fromkeys(custom, ToolKind.CUSTOM))[0]


def call(call_id: str | None, name: str, arguments: Any) -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def asks(*calls: dict[str, Any], content: Any = None) -> dict[str, Any]:
    return {"role": "assistant", "content": content, "tool_calls": list(calls)}


def test_roles_and_places_are_kept() -> None:
    wire = [("system", "a"), ("user", "b"), ("developer", "c"), ("assistant", "d"), ("assistant", "e")]
    made = turns(*({"role": role, "content": text} for role, text in wire))
    assert [(turn.role.value, turn.blocks) for turn in made] == [(role, (Text(text=text),)) for role, text in wire]


def test_an_assistant_message_is_one_turn_in_order() -> None:
    message = {
        **asks(call("a", "ls", "{}"), content=[{"type": "text", "text": "x"}, {"type": "refusal", "refusal": "y"}]),
        "reasoning_content": "why",
        "refusal": "z",
        "annotations": [],
    }
    assert turns(message)[0].blocks == (
        Thinking(summary=("why",)),
        Text(text="x"),
        Refusal(text="y"),
        Refusal(text="z"),
        ToolCall(call_id="a", name="ls", arguments="{}"),
    )


def test_sealed_reasoning_comes_back_with_its_item() -> None:
    details = [{"type": "reasoning.encrypted", "data": BARE, "id": "rs_1"}, {"type": "reasoning.text", "text": "why"}]
    message = {"role": "assistant", "content": "x", "reasoning": "why", "reasoning_details": details}
    assert turns(message)[0].blocks[0] == Thinking(summary=("why",), signature=BARE, item_id="rs_1")


def test_details_of_a_vendor_of_this_dialect_are_kept_for_it() -> None:
    signed = {"type": "reasoning.text", "text": "why", "signature": "SIG", "format": "anthropic-claude-v1"}
    sealed = {"type": "reasoning.encrypted", "data": "ENC", "id": "rs_1"}
    message = {"role": "assistant", "content": "x", "reasoning": "why", "reasoning_details": [signed]}
    assert turns(message)[0].blocks[0] == Thinking(summary=("why",), extra={"reasoning_details": [signed]})
    both = {"role": "assistant", "content": "x", "reasoning_details": [signed, sealed]}
    expected = Thinking(
        signature="ENC", origin="openai_chat", item_id="rs_1", extra={"reasoning_details": [signed, sealed]}
    )
    assert turns(both)[0].blocks[0] == expected


def test_reasoning_of_another_upstream_comes_back_with_its_origin() -> None:
    details = [{"type": "reasoning.encrypted", "data": seal("anthropic", "i", "ENC")}]
    message = {"role": "assistant", "content": "x", "reasoning_details": details}
    assert turns(message)[0].blocks[0] == Thinking(signature="ENC", origin="anthropic", item_id="i")


@pytest.mark.parametrize("marks", [[True], [True, False], [False, True]])
def test_words_never_go_to_a_thought_that_has_none(marks: list[bool]) -> None:
    details = [
        {"type": "reasoning.encrypted", "data": seal("anthropic", None, f"T{number}", redacted=mark)}
        for number, mark in enumerate(marks)
    ]
    message = {"role": "assistant", "content": "x", "reasoning": "why", "reasoning_details": details}
    thoughts = [block for block in turns(message)[0].blocks if isinstance(block, Thinking)]
    assert [thought.redacted for thought in thoughts if thought.signature] == marks
    assert [thought.redacted for thought in thoughts if thought.summary == ("why",)] == [False]


def test_nulls_of_dumped_objects_are_nothing() -> None:
    message = {"role": "assistant", "content": "x", "tool_calls": None, "function_call": None, "weight": None, "id": 1}
    assert turns(message) == (Turn(role=Role.ASSISTANT, blocks=(Text(text="x"),), extra={"id": 1}),)
    assert turns({"role": "system", "content": None}) == ()


def test_an_empty_assistant_message_is_no_turn() -> None:
    assert turns({"role": "user", "content": "a"}, {"role": "assistant", "content": ""}) == (
        Turn(role=Role.USER, blocks=(Text(text="a"),)),
    )


@pytest.mark.parametrize(
    ("sent", "kept"), [(None, "{}"), ("", "{}"), ({"a": 1}, '{"a":1}'), ('{ "a": 1}', '{ "a": 1}')]
)
def test_arguments_become_json_text_and_text_stays_verbatim(sent: Any, kept: str) -> None:
    block = turns(asks(call("a", "ls", sent)))[0].blocks[0]
    assert isinstance(block, ToolCall)
    assert block.arguments == kept


@pytest.mark.parametrize(
    "echo",
    [
        {"id": "a", "type": "custom", "custom": {"name": "patch", "input": "*** End"}},
        call("a", "patch", "*** End"),
        call("a", "patch", '{"input":"*** End"}'),
        call("a", "patch", {"input": "*** End"}),
    ],
)
def test_a_call_of_a_free_text_tool_in_every_echo(echo: dict[str, Any]) -> None:
    result = {"role": "tool", "tool_call_id": "a", "content": "done"}
    asked, answered = turns(asks(echo), result, custom=("patch",))
    assert asked.blocks == (ToolCall(call_id="a", name="patch", arguments="*** End", kind=ToolKind.CUSTOM),)
    assert answered.blocks == (ToolResult(call_id="a", parts=(Text(text="done"),), kind=ToolKind.CUSTOM),)


def test_free_text_that_looks_like_json_stays() -> None:
    block = turns(asks(call("a", "patch", '{"b": 1}')), custom=("patch",))[0].blocks[0]
    assert isinstance(block, ToolCall)
    assert block.arguments == '{"b": 1}'


def test_two_legacy_calls_of_one_function_are_told_apart() -> None:
    asked = [{"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}}]
    answered = [{"role": "function", "name": "f", "content": "1"}]
    made = turns(*asked, *answered, *asked, *answered)
    ids = [block.call_id for turn in made for block in turn.blocks if isinstance(block, ToolCall | ToolResult)]
    assert ids == ["call_legacy_1", "call_legacy_1", "call_legacy_2", "call_legacy_2"]


def test_results_without_ids_answer_the_oldest_call_and_say_so() -> None:
    messages = [
        asks(call("a", "ls", "{}"), call(None, "cat", "{}")),
        {"role": "tool", "content": "1"},
        {"role": "tool", "content": "2"},
    ]
    made, notes = parse_messages(messages, "messages", {})
    answers = [turn.blocks[0] for turn in made[1:]]
    assert [answer.call_id for answer in answers if isinstance(answer, ToolResult)] == ["a", "call_1_1"]
    assert [note.verdict for note in notes] == [Verdict.REPAIRED, Verdict.REPAIRED]


def test_a_tools_picture_is_a_picture() -> None:
    parts = [
        {"type": "text", "text": "shot"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,QQ=="}},
    ]
    result = {"role": "tool", "tool_call_id": "a", "content": parts}
    block = turns(asks(call("a", "shoot", "{}")), result)[1].blocks[0]
    picture = Image(source=DataSource(media_type="image/png", data="QQ=="))
    assert block == ToolResult(call_id="a", parts=(Text(text="shot"), picture), plain=False)


def test_an_earlier_audio_answer_is_lost_and_noted() -> None:
    message = {"role": "assistant", "content": "x", "audio": {"id": "audio_1"}}
    _, notes = parse_messages([message], "messages", {})
    assert [(note.path, note.weight) for note in notes] == [("messages[0].audio", Weight.LOSSY)]


@pytest.mark.parametrize(
    ("messages", "path"),
    [
        ([], "messages"),
        (["hi"], "messages[0]"),
        ([{"content": "hi"}], "messages[0].role"),
        ([{"role": "oracle", "content": "hi"}], "messages[0].role"),
        ([{"role": "user"}], "messages[0].content"),
        ([{"role": "user", "content": "a"}, {"role": "user", "content": [{"type": 5}]}], "messages[1].content[0].type"),
        ([{"role": "tool", "content": "x"}], "messages[0].tool_call_id"),
        ([{"role": "function", "name": "f", "content": "x"}], "messages[0].name"),
        ([asks({"id": "a", "function": {}})], "messages[0].tool_calls[0].function.name"),
        ([asks(call("a", "ls", 5))], "messages[0].tool_calls[0].function.arguments"),
        ([asks({"id": "a", "type": "spell"})], "messages[0].tool_calls[0].type"),
    ],
)
def test_a_wrong_message_is_named(messages: list[Any], path: str) -> None:
    with pytest.raises(InvalidRequest) as error:
        parse_messages(messages, "messages", {})
    assert error.value.path == path
