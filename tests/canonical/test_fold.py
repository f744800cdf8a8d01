"""Folding a stream gives the whole answer, in announced order, however the deltas were cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Annotation, Hosted, Refusal, Text, Thinking, ToolCall, ToolKind
from codex_proxy.canonical.fold import Folder, fold
from codex_proxy.canonical.rate_limits import RateLimitSnapshot
from codex_proxy.canonical.usage import Usage

START = ev.ResponseStarted(response_id="resp_1", model="gpt-5.4", created_at=1_790_000_000)


@given(st.lists(st.text(), max_size=8))
def test_text_deltas_join(pieces: list[str]) -> None:
    deltas = [ev.TextDelta(block=0, text=piece) for piece in pieces]
    response = fold([START, ev.TextStarted(block=0, item_id="msg_1", phase="final_answer"), *deltas])
    assert response.parts[0].block == Text(text="".join(pieces))
    assert (response.parts[0].item_id, response.parts[0].phase) == ("msg_1", "final_answer")


def test_interleaved_calls_stay_apart_and_keep_their_order() -> None:
    response = fold(
        [
            START,
            ev.ToolCallStarted(block=0, call_id="a", name="ls", item_id="fc_1"),
            ev.ToolCallStarted(block=1, call_id="b", name="cat", kind=ToolKind.CUSTOM),
            ev.ToolCallDelta(block=1, text="z"),
            ev.ToolCallDelta(block=0, text="{}"),
            ev.ToolCallEnded(block=1, arguments="z"),
        ]
    )
    assert [part.block for part in response.parts] == [
        ToolCall(call_id="a", name="ls", arguments="{}", item_id="fc_1"),
        ToolCall(call_id="b", name="cat", arguments="z", kind=ToolKind.CUSTOM),
    ]


def test_the_end_of_a_block_has_the_last_word() -> None:
    citation = Annotation(kind="url_citation", url="https://example.org")
    response = fold(
        [
            ev.TextStarted(block=0),
            ev.TextDelta(block=0, text="abc"),
            ev.AnnotationAdded(block=0, annotation=citation),
            ev.TextEnded(block=0, text="abcd", annotations=(citation,)),
            ev.RefusalStarted(block=1),
            ev.RefusalDelta(block=1, text="No"),
            ev.RefusalEnded(block=1, text="No."),
        ]
    )
    assert response.parts[0].block == Text(text="abcd", annotations=(citation,))
    assert response.parts[1].block == Refusal(text="No.")


def test_annotations_of_an_unfinished_block_are_kept() -> None:
    citation = Annotation(kind="url_citation", url="https://example.org")
    response = fold([ev.TextStarted(block=0), ev.AnnotationAdded(block=0, annotation=citation)])
    assert response.parts[0].block == Text(text="", annotations=(citation,))


def test_thinking_keeps_whose_token_it_is() -> None:
    events: list[ev.Event] = [
        ev.ThinkingStarted(block=0),
        ev.ThinkingEnded(block=0, signature="Eqk=", origin="anthropic", redacted=True),
    ]
    assert fold(events).parts[0].block == Thinking(signature="Eqk=", origin="anthropic", redacted=True)


def test_thinking_keeps_summary_and_raw_parts_apart() -> None:
    deltas: list[ev.Event] = [
        ev.ThinkingStarted(block=0, item_id="rs_1"),
        ev.ThinkingDelta(block=0, text="second", part=1),
        ev.ThinkingDelta(block=0, text="first", part=0),
        ev.ThinkingDelta(block=0, text="raw", raw=True),
    ]
    assert fold(deltas).parts[0].block == Thinking(summary=("first", "second"), content=("raw",), item_id="rs_1")
    ended = ev.ThinkingEnded(block=0, summary=("first", "second"), signature="gAAA")
    assert fold([*deltas, ended]).parts[0].block == Thinking(
        summary=("first", "second"), signature="gAAA", item_id="rs_1"
    )


def test_hosted_items_and_facts_of_the_end_are_kept() -> None:
    usage = Usage(input_tokens=5, output_tokens=2)
    response = fold(
        [
            START,
            ev.RateLimitsObserved(snapshot=RateLimitSnapshot(plan_type="plus")),
            ev.HostedStarted(block=0, kind="web_search_call", item={"type": "web_search_call"}, item_id="ws_1"),
            ev.ImagePartial(block=0, data="AAAA", index=0),
            ev.OpaqueEvent(dialect="openai_responses", name="keepalive", payload=b"{}"),
            ev.HostedEnded(block=0, kind="web_search_call", item={"type": "web_search_call", "status": "completed"}),
            ev.UsageReported(usage=usage),
            ev.ResponseEnded(
                ending=ev.Incomplete(reason="max_output_tokens"), service_tier="priority", native={"id": 1}
            ),
        ]
    )
    assert response.parts[0].block == Hosted(
        kind="web_search_call", item={"type": "web_search_call", "status": "completed"}, item_id="ws_1"
    )
    assert response.usage == usage
    assert response.rate_limits[0].plan_type == "plus"
    assert response.ending == ev.Incomplete(reason="max_output_tokens")
    assert (response.service_tier, response.native, response.response_id) == ("priority", {"id": 1}, "resp_1")


def test_a_delta_for_an_unannounced_block_is_a_defect() -> None:
    with pytest.raises(KeyError):
        Folder().add(ev.TextDelta(block=3, text="x"))
