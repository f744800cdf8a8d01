"""Unstreamed answers."""

from typing import Any

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Annotation, AnswerBlock, Hosted, Opaque, Refusal, Text, Thinking, ToolCall
from codex_proxy.canonical.fold import AnswerPart, Response
from codex_proxy.canonical.usage import Usage
from codex_proxy.protocols.gemini.answer.whole import whole_answer
from codex_proxy.protocols.gemini.schema import ReplyForm

SHARED = {"modelVersion": "m", "responseId": "r"}
SIGNED = Thinking(summary=("a", "b"), signature="s", origin="gemini")
CALL = ToolCall(call_id="c", name="f", arguments='{"x":1}')


def told(*blocks: AnswerBlock, form: ReplyForm | None = None, **members: Any) -> dict[str, Any]:
    response = Response(parts=tuple(AnswerPart(block=block) for block in blocks), **members)
    return whole_answer(response, ev.Completed(), form=form or ReplyForm(thoughts=True), shared=SHARED)


def parts(*blocks: AnswerBlock, form: ReplyForm | None = None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = told(*blocks, form=form)["candidates"][0]["content"]["parts"]
    return found


def test_an_answer_with_everything_around_it() -> None:
    usage = Usage(input_tokens=1, output_tokens=2)
    assert told(Text(text="hi"), usage=usage, service_tier="flex", form=ReplyForm(tier=True)) == {
        "candidates": [{"content": {"parts": [{"text": "hi"}], "role": "model"}, "finishReason": "STOP", "index": 0}],
        "usageMetadata": {
            "promptTokenCount": 1,
            "candidatesTokenCount": 2,
            "totalTokenCount": 3,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 1}],
            "serviceTier": "flex",
        },
        **SHARED,
    }


def test_thoughts_and_the_signature_on_the_first_call_of_a_group() -> None:
    other = ToolCall(call_id="d", name="g", arguments="")
    assert parts(SIGNED, CALL, other) == [
        {"text": "a\n\nb", "thought": True},
        {"functionCall": {"id": "c", "name": "f", "args": {"x": 1}}, "thoughtSignature": "s"},
        {"functionCall": {"id": "d", "name": "g", "args": {}}},
    ]


def test_without_calls_the_signature_stands_on_the_last_text() -> None:
    hidden = ReplyForm()
    assert parts(SIGNED, Text(text="x"), Text(text="y"), form=hidden) == [
        {"text": "x"},
        {"text": "y", "thoughtSignature": "s"},
    ]
    assert parts(SIGNED, form=hidden) == [{"text": "", "thoughtSignature": "s"}]
    assert parts(CALL, SIGNED, form=hidden)[1:] == [{"text": "", "thoughtSignature": "s"}]


def test_no_signature_is_lost_to_a_second_one() -> None:
    again = Thinking(signature="t", origin="gemini")
    assert parts(SIGNED, again, CALL, form=ReplyForm())[0] == {"text": "", "thoughtSignature": "s"}
    assert parts(SIGNED, again, CALL, form=ReplyForm())[1]["thoughtSignature"] == "t"


def test_a_second_thought_is_kept_apart() -> None:
    thoughts = [part["text"] for part in parts(Thinking(summary=("a",)), Thinking(content=("b",)))]
    assert "".join(thoughts) == "a\n\nb"


def test_a_call_that_makes_no_sense() -> None:
    candidate = told(Text(text="x"), ToolCall(call_id="c", name="f", arguments="{"))["candidates"][0]
    assert candidate["content"]["parts"] == [{"text": "x"}]
    assert candidate["finishReason"] == "MALFORMED_FUNCTION_CALL"
    assert candidate["finishMessage"] == "Malformed function call: f({)"


def test_refusals_pictures_code_and_parts_of_the_same_dialect() -> None:
    opaque = Opaque(dialect="gemini", payload={"toolCall": {"id": "t"}})
    assert parts(
        Refusal(text="no"),
        Hosted(kind="image_generation_call", item={"result": "aGk="}),
        Hosted(kind="code_interpreter_call", item={"code": "1"}),
        Hosted(kind="mcp_call", item={}),
        opaque,
        Opaque(dialect="openai_responses", payload={}),
    ) == [
        {"text": "no"},
        {"inlineData": {"mimeType": "image/png", "data": "aGk="}},
        {"executableCode": {"language": "PYTHON", "code": "1"}},
        {"toolCall": {"id": "t"}},
    ]


def test_what_the_answer_rests_on() -> None:
    citation = Annotation(kind="url_citation", url="u", title="T", start_index=0, end_index=1)
    search = Hosted(kind="web_search_call", item={"action": {"query": "q"}})
    grounding = told(search, Text(text="x", annotations=(citation,)))["candidates"][0]["groundingMetadata"]
    assert grounding["webSearchQueries"] == ["q"]
    assert grounding["groundingChunks"] == [{"web": {"uri": "u", "title": "T"}}]


def test_a_bare_word() -> None:
    assert parts(Text(text='"Drum"'), form=ReplyForm(bare_text=True)) == [{"text": "Drum"}]
