"""Deltas of every vendor's spelling as blocks."""

from typing import Any

import msgspec
import pytest

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Annotation, AnswerBlock, Hosted, Refusal, Text, Thinking, ToolCall
from codex_proxy.canonical.fold import fold
from codex_proxy.protocols.base import CallContext
from codex_proxy.protocols.openai_chat.assembly.blocks import Assembly
from codex_proxy.protocols.openai_chat.schema import Delta


def events_of(*deltas: dict[str, Any], think_tags: bool = False) -> list[ev.Event]:
    assembly = Assembly(CallContext(), think_tags=think_tags)
    assembly.answer_id = "cmpl-1"
    events = [event for delta in deltas for event in assembly.add(msgspec.convert(delta, Delta))]
    return [*events, *assembly.close()]


def blocks_of(*deltas: dict[str, Any], think_tags: bool = False) -> list[AnswerBlock]:
    return [part.block for part in fold(events_of(*deltas, think_tags=think_tags)).parts]


THOUGHT_THEN_TEXT = [Thinking(summary=("why",)), Text(text="so")]


@pytest.mark.parametrize(
    "deltas",
    [
        pytest.param([{"reasoning_content": "why"}, {"content": "so"}], id="DeepSeek"),
        pytest.param([{"reasoning": "w"}, {"reasoning": "hy"}, {"content": "so", "reasoning": None}], id="Groq"),
        pytest.param(
            [
                {"reasoning": "why", "reasoning_details": [{"type": "reasoning.text", "text": "why"}], "content": ""},
                {"content": "so"},
            ],
            id="OpenRouter",
        ),
        pytest.param([{"reasoning_details": [{"summary": "why"}]}, {"content": "so"}], id="details only"),
        pytest.param(
            [
                {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "why"}]}]},
                {"content": [{"type": "text", "text": "so"}, {"type": "reference", "reference_ids": [1]}]},
            ],
            id="Mistral",
        ),
        pytest.param([{"reasoning_content": "why", "content": "so"}], id="both in one delta"),
    ],
)
def test_thoughts_and_text_are_told_apart(deltas: list[dict[str, Any]]) -> None:
    assert blocks_of(*deltas) == THOUGHT_THEN_TEXT


def test_think_tags_are_read_only_where_the_vendor_writes_them() -> None:
    deltas = [{"content": "<thi"}, {"content": "nk>why</think>\n\nso"}]
    assert blocks_of(*deltas, think_tags=True) == THOUGHT_THEN_TEXT
    assert blocks_of(*deltas) == [Text(text="<think>why</think>\n\nso")]


def test_sealed_reasoning_is_the_signature() -> None:
    sealed = {"reasoning_details": [{"type": "reasoning.encrypted", "data": "ENC", "id": "rs_1"}], "content": ""}
    assert blocks_of(sealed, {"content": "so"}) == [
        Thinking(signature="ENC", origin="openai_chat", item_id="rs_1"),
        Text(text="so"),
    ]


def test_a_second_token_is_that_of_another_thought() -> None:
    tokens = [{"type": "reasoning.encrypted", "data": data} for data in ("ONE", "TWO")]
    assert blocks_of({"reasoning": "why", "reasoning_details": tokens}, {"content": "so"}) == [
        Thinking(summary=("why",), signature="ONE", origin="openai_chat"),
        Thinking(signature="TWO", origin="openai_chat"),
        Text(text="so"),
    ]


def test_a_refusal_and_a_spoken_answer() -> None:
    assert blocks_of({"refusal": "I "}, {"refusal": "won't", "content": ""}) == [Refusal(text="I won't")]
    assert blocks_of({"audio": {"transcript": "hello", "data": "QQ=="}}) == [Text(text="hello")]


def test_text_after_a_call_is_a_block_of_its_own_and_calls_end_last() -> None:
    call = {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "ls", "arguments": "{}"}}]}
    events = events_of({"content": "one"}, call, {"content": "two"})
    kinds = [type(event).__name__ for event in events if not type(event).__name__.endswith("Delta")]
    assert kinds == ["TextStarted", "TextEnded", "ToolCallStarted", "TextStarted", "TextEnded", "ToolCallEnded"]
    assert [part.block for part in fold(events).parts] == [
        Text(text="one"),
        ToolCall(call_id="a", name="ls", arguments="{}"),
        Text(text="two"),
    ]


def test_the_legacy_function_call_is_a_call() -> None:
    pieces = [{"function_call": {"name": "ls", "arguments": '{"p"'}}, {"function_call": {"arguments": ":1}"}}]
    assert blocks_of(*pieces) == [ToolCall(call_id="call_cmpl-1_0", name="ls", arguments='{"p":1}')]


CITED = {"type": "url_citation", "url_citation": {"url": "https://x", "title": "X", "start_index": 0, "end_index": 2}}
CITATION = Annotation(kind="url_citation", url="https://x", title="X", start_index=0, end_index=2)


@pytest.mark.parametrize(
    "deltas",
    [
        pytest.param([{"content": "hi"}, {"annotations": [CITED]}], id="after the text"),
        pytest.param([{"content": "", "annotations": [CITED]}, {"content": "hi"}], id="before the text, as OpenRouter"),
    ],
)
def test_citations_belong_to_the_text(deltas: list[dict[str, Any]]) -> None:
    events = events_of(*deltas)
    assert [event.annotation for event in events if isinstance(event, ev.AnnotationAdded)] == [CITATION]
    assert [part.block for part in fold(events).parts] == [Text(text="hi", annotations=(CITATION,))]


def test_a_picture_is_a_generated_image() -> None:
    picture = {
        "images": [{"type": "image_url", "image_url": {"url": "data:image/webp;base64,QUJD"}}, {"image_url": "?"}]
    }
    [block] = blocks_of(picture)
    assert isinstance(block, Hosted)
    assert (block.item["result"], block.item["output_format"]) == ("QUJD", "webp")
