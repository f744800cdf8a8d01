"""Parts to blocks."""

from typing import Any

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Hosted, Text, Thinking, ToolCall
from codex_proxy.canonical.fold import fold
from codex_proxy.protocols.base import CallContext
from codex_proxy.protocols.gemini.decoding.assembly import Assembly


def events(*parts: dict[str, Any], grounding: dict[str, Any] | None = None) -> list[ev.Event]:
    assembly = Assembly(CallContext())
    assembly.answer_id = "r"
    if grounding is not None:
        assembly.sources.add({"groundingMetadata": grounding})
    return [event for part in parts for event in assembly.add(part)] + list(assembly.close())


def blocks(*parts: dict[str, Any], grounding: dict[str, Any] | None = None) -> list[Any]:
    return [part.block for part in fold(events(*parts, grounding=grounding)).parts]


def thought(signature: str | None, *summary: str) -> Thinking:
    return Thinking(summary=summary, signature=signature, origin="gemini" if signature else None)


CALL = {"functionCall": {"id": "c", "name": "f", "args": {}}}
CALLED = ToolCall(call_id="c", name="f", arguments="{}")


def test_parts_of_one_kind_are_one_block() -> None:
    told = events({"text": "a", "thought": True}, {"text": "b", "thought": True}, {"text": "c"}, {"text": "d"})
    assert told == [
        ev.ThinkingStarted(block=0),
        ev.ThinkingDelta(block=0, text="a"),
        ev.ThinkingDelta(block=0, text="b"),
        ev.ThinkingEnded(block=0, summary=("ab",)),
        ev.TextStarted(block=1),
        ev.TextDelta(block=1, text="c"),
        ev.TextDelta(block=1, text="d"),
        ev.TextEnded(block=1, text="cd"),
    ]


def test_the_signature_of_a_call_closes_the_thought_before_it() -> None:
    told = blocks({"text": "hm", "thought": True}, {**CALL, "thoughtSignature": "s"}, {"functionCall": {"name": "g"}})
    assert told == [thought("s", "hm"), CALLED, ToolCall(call_id="call_r_2", name="g", arguments="{}")]


def test_a_signature_without_a_thought_is_an_empty_one() -> None:
    assert blocks({"text": "hi"}, {**CALL, "thoughtSignature": "s"}) == [Text(text="hi"), thought("s"), CALLED]
    assert blocks({"text": "hi", "thoughtSignature": "s"}) == [thought("s"), Text(text="hi")]
    assert blocks({"text": "hm", "thought": True, "thoughtSignature": "s"}) == [thought("s", "hm")]


def test_a_signature_that_ends_a_text_comes_after_it() -> None:
    told = blocks({"text": "a"}, {"text": "b"}, {"text": "", "thoughtSignature": "s"})
    assert told == [Text(text="ab"), thought("s")]
    again = blocks({"text": "a"}, {"text": "", "thoughtSignature": "s"}, {"text": "b", "thoughtSignature": "t"})
    assert again == [Text(text="a"), thought("s"), thought("t"), Text(text="b")]


def test_parts_without_anything_say_nothing() -> None:
    assert events({}, {"text": ""}, {"thought": False}, {"functionCall": {}}) == []


def test_code_that_the_vendor_runs() -> None:
    run, lone = blocks(
        {"executableCode": {"language": "PYTHON", "code": "1+1"}},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "2"}},
        {"codeExecutionResult": {"outcome": "OUTCOME_FAILED", "output": "no"}},
    )
    assert isinstance(run, Hosted)
    assert run.item == {
        "type": "code_interpreter_call",
        "id": "ci_r_0",
        "status": "completed",
        "code": "1+1",
        "outputs": [{"type": "logs", "logs": "2"}],
    }
    assert (lone.item["status"], lone.item["code"]) == ("failed", None)


def test_code_without_a_result_is_closed_by_what_follows() -> None:
    run, text = blocks({"executableCode": {"code": "1"}}, {"text": "x"})
    assert (run.item["outputs"], text) == ([], Text(text="x"))


def test_pictures_and_their_signature() -> None:
    told = blocks({"inlineData": {"mimeType": "image/webp", "data": "aGk="}, "thoughtSignature": "s"})
    assert told[0] == thought("s")
    assert told[1].item["result"] == "aGk="
    assert told[1].item["output_format"] == "webp"


def test_parts_without_a_canonical_meaning_are_kept_whole() -> None:
    part = {"toolCall": {"id": "t"}, "thoughtSignature": "s"}
    (opaque,) = events(part)
    assert opaque == ev.OpaqueEvent(
        dialect="gemini", name="toolCall", payload=b'{"toolCall":{"id":"t"},"thoughtSignature":"s"}'
    )


def test_sources_stand_on_the_last_text_and_the_search_after_it() -> None:
    grounding = {
        "webSearchQueries": ["q"],
        "groundingChunks": [{"web": {"uri": "u"}}],
        "groundingSupports": [{"segment": {"startIndex": 1, "endIndex": 2}, "groundingChunkIndices": [0]}],
    }
    text, search = blocks({"text": "a"}, {"text": "b"}, grounding=grounding)
    assert [(one.url, one.start_index, one.end_index) for one in text.annotations] == [("u", 1, 2)]
    assert search.item["action"]["queries"] == ["q"]
    called, early, _ = blocks(CALL, grounding=grounding)
    assert (called, early.text, len(early.annotations)) == (CALLED, "", 1)
