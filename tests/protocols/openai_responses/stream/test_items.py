"""Reading output items."""

from typing import Any

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Annotation
from tests.protocols.openai_responses.stream.wire import CREATED, completed, decoded, frames, message


def item_added(item: dict[str, Any], index: int = 0) -> dict[str, Any]:
    return {"type": "response.output_item.added", "output_index": index, "item": item}


def item_done(item: dict[str, Any], index: int = 0) -> dict[str, Any]:
    return {"type": "response.output_item.done", "output_index": index, "item": item}


def read(*events: dict[str, Any]) -> list[ev.Event]:
    return decoded(frames(CREATED, *events, completed()))[1:-1]


def test_a_custom_call_streams_its_text() -> None:
    item = {"type": "custom_tool_call", "id": "ctc", "call_id": "c", "name": "patch", "input": ""}
    delta = {"type": "response.custom_tool_call_input.delta", "output_index": 0, "item_id": "ctc", "delta": "x"}
    events = read(item_added(item), delta, item_done(item | {"input": "xy"}))
    assert [event.text for event in events if isinstance(event, ev.ToolCallDelta)] == ["x", "y"]
    assert [event.arguments for event in events if isinstance(event, ev.ToolCallEnded)] == ["xy"]


def test_a_call_told_only_when_done_is_told_whole() -> None:
    item = {"type": "function_call", "id": "fc", "call_id": "c", "name": "look", "arguments": '{"a":1}'}
    events = read(item_done(item))
    assert [type(event) for event in events] == [ev.ToolCallStarted, ev.ToolCallDelta, ev.ToolCallEnded]


def test_a_refusal_is_its_own_block() -> None:
    item = {"type": "message", "id": "m", "content": [{"type": "refusal", "refusal": "no"}]}
    events = read(
        item_added({"type": "message", "id": "m", "content": []}),
        {"type": "response.refusal.delta", "output_index": 0, "content_index": 0, "delta": "no"},
        item_done(item),
    )
    assert events == [
        ev.RefusalStarted(block=0, item_id="m"),
        ev.RefusalDelta(block=0, text="no"),
        ev.RefusalEnded(block=0, text="no"),
    ]


def test_citations_are_added_while_the_text_is_open() -> None:
    citation = {"type": "url_citation", "url": "https://example.com", "start_index": 0, "end_index": 1}
    added = {"type": "response.output_text.annotation.added", "output_index": 0, "content_index": 0}
    text = message("x")
    text["content"][0]["annotations"] = [citation]
    events = read(
        item_added(message("", "msg_1") | {"content": []}),
        {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "x"},
        added | {"annotation": citation},
        item_done(text),
    )
    annotation = Annotation(kind="url_citation", url="https://example.com", start_index=0, end_index=1)
    assert [event.annotation for event in events if isinstance(event, ev.AnnotationAdded)] == [annotation]
    assert [event.annotations for event in events if isinstance(event, ev.TextEnded)] == [(annotation,)]


def test_a_hosted_tool_is_told_with_its_finished_item_and_previews() -> None:
    begun = {"type": "image_generation_call", "id": "ig", "status": "in_progress"}
    preview = {
        "type": "response.image_generation_call.partial_image", "output_index": 0, "item_id": "ig",
        "partial_image_b64": "aGk=", "partial_image_index": 0,
    }  # fmt: skip
    finished = begun | {"status": "completed", "result": "aGk="}
    events = read(item_added(begun), preview, item_done(finished))
    assert events == [
        ev.HostedStarted(block=0, kind="image_generation_call", item=begun, item_id="ig"),
        ev.ImagePartial(block=0, data="aGk=", index=0),
        ev.HostedEnded(block=0, kind="image_generation_call", item=finished),
    ]


def test_two_summary_parts_are_two_parts() -> None:
    def delta(index: int, text: str) -> dict[str, Any]:
        name = "response.reasoning_summary_text.delta"
        return {"type": name, "output_index": 0, "summary_index": index, "delta": text}

    events = read(item_added({"type": "reasoning", "id": "rs"}), delta(0, "a"), delta(1, "b"))
    assert [(event.part, event.text) for event in events if isinstance(event, ev.ThinkingDelta)] == [(0, "a"), (1, "b")]
    assert [event.summary for event in events if isinstance(event, ev.ThinkingEnded)] == [("a", "b")]


def test_a_contradiction_corrects_the_final_value_and_tells_nothing_twice() -> None:
    events = read(
        item_added(message("", "msg_1") | {"content": []}),
        {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "wrong"},
        item_done(message("right")),
    )
    assert [event.text for event in events if isinstance(event, ev.TextDelta)] == ["wrong"]
    assert [event.text for event in events if isinstance(event, ev.TextEnded)] == ["right"]


def test_a_hosted_tool_that_breaks_off_keeps_what_was_announced() -> None:
    announced = {"type": "apply_patch_call", "id": "apc_1", "call_id": "call_1", "status": "in_progress"}
    ended = [event for event in read(CREATED, item_added(announced)) if isinstance(event, ev.HostedEnded)]
    assert [event.item for event in ended] == [announced]


def test_a_part_of_no_readable_type_breaks_nothing() -> None:
    item = message("hello", "m")
    part = {"type": ["odd"], "text": "x"}
    added = {"type": "response.content_part.added", "output_index": 0, "item_id": "m", "content_index": 0, "part": part}
    events = read(item_added(item | {"content": []}), added, item_done(item | {"content": [part, *item["content"]]}))
    assert [event.text for event in events if isinstance(event, ev.TextEnded)] == ["hello"]
