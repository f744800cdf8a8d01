"""Our own wording of a stream."""

from codex_proxy.canonical import events as ev
from codex_proxy.protocols.openai_responses.stream.synthesis import Synthesis
from codex_proxy.protocols.parts.signatures import Sealed, open_seal


def told(*events: ev.Event) -> tuple[list[str], Synthesis]:
    synthesis = Synthesis(token="t")
    names = [wire["type"].removeprefix("response.") for event in events for wire in synthesis.events_of(event)]
    return names, synthesis


def test_thoughts_open_and_close_their_summary_parts() -> None:
    names, synthesis = told(
        ev.ThinkingStarted(block=0),
        ev.ThinkingDelta(block=0, text="a", part=0),
        ev.ThinkingDelta(block=0, text="b", part=1),
        ev.ThinkingEnded(block=0, summary=("a", "b"), signature="x"),
    )
    assert names[0] == "output_item.added"
    assert names[-1] == "output_item.done"
    for name in ("reasoning_summary_part.added", "reasoning_summary_text.delta", "reasoning_summary_part.done"):
        assert names.count(name) == 2
    (item,) = synthesis.output()
    assert [part["text"] for part in item["summary"]] == ["a", "b"]
    assert item["encrypted_content"] == "x"


def test_a_token_of_another_upstream_is_sealed() -> None:
    thoughts: list[ev.Event] = [
        ev.ThinkingStarted(block=0),
        ev.ThinkingEnded(block=0, signature="x", origin="gemini", item_id="i"),
    ]
    _, synthesis = told(*thoughts)
    assert open_seal(synthesis.output()[0]["encrypted_content"]) == Sealed(origin="gemini", item_id="i", encrypted="x")


def test_parts_of_one_message_share_an_item() -> None:
    _, synthesis = told(
        ev.TextStarted(block=0, item_id="msg"),
        ev.TextEnded(block=0, text="a"),
        ev.TextStarted(block=1, item_id="msg"),
        ev.TextEnded(block=1, text="b"),
    )
    list(synthesis.close())
    (item,) = synthesis.output()
    assert [part["text"] for part in item["content"]] == ["a", "b"]


def test_what_is_open_at_the_end_is_closed_with_what_was_told() -> None:
    _, synthesis = told(ev.ToolCallStarted(block=0, call_id="c", name="n"), ev.ToolCallDelta(block=0, text='{"a"'))
    closing = [wire["type"] for wire in synthesis.close()]
    assert closing[-1] == "response.output_item.done"
    assert synthesis.output()[0]["arguments"] == '{"a"'
    assert list(synthesis.close()) == []


def test_a_preview_of_a_picture_is_an_event_of_its_item() -> None:
    names, _ = told(
        ev.HostedStarted(block=0, kind="image_generation_call", item={"id": "ig", "type": "image_generation_call"}),
        ev.ImagePartial(block=0, data="aGk=", index=0),
        ev.HostedEnded(block=0, kind="image_generation_call", item={"id": "ig", "result": "aGk="}),
    )
    assert "image_generation_call.partial_image" in names
