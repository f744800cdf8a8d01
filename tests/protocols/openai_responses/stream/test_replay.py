"""A folded answer back to events."""

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Annotation, Hosted, Refusal, Text, Thinking, ToolCall, ToolKind
from codex_proxy.canonical.fold import AnswerPart, Response, fold
from codex_proxy.protocols.openai_responses.stream.replay import events_of


def test_folding_the_events_gives_the_answer_again() -> None:
    parts = (
        AnswerPart(block=Thinking(summary=("hm",), content=("raw",), signature="x", item_id="rs"), item_id="rs"),
        AnswerPart(
            block=Text(text="hello", annotations=(Annotation(kind="url_citation"),)),
            item_id="msg",
            phase="final_answer",
        ),
        AnswerPart(block=Refusal(text="no"), item_id="msg"),
        AnswerPart(
            block=ToolCall(call_id="c", name="n", arguments="{}", kind=ToolKind.CUSTOM, namespace="s", item_id="fc"),
            item_id="fc",
        ),
        AnswerPart(block=Hosted(kind="web_search_call", item={"id": "ws"}, item_id="ws"), item_id="ws"),
    )
    assert fold(events_of(Response(parts=parts))).parts == parts


def test_tools_of_another_dialect_are_left_out() -> None:
    foreign = AnswerPart(block=Hosted(kind="server_tool_use", item={"id": "x"}, origin="anthropic"))
    assert list(events_of(Response(parts=(foreign,)))) == []


def test_no_parts_no_events() -> None:
    assert list(events_of(Response(ending=ev.Completed()))) == []
