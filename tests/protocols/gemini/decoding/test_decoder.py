"""Streams and whole answers of vendors."""

import json
from typing import Any

import pytest

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Text, ToolCall
from codex_proxy.canonical.failure import FailureKind
from codex_proxy.canonical.fold import Response, fold
from codex_proxy.framing.sse import DEFAULT_LIMIT_BYTES
from codex_proxy.protocols.base import CallContext, UpstreamError
from codex_proxy.protocols.gemini.decoding.decoder import Answer, GeminiDecoder

K = FailureKind


def chunk(*parts: Any, **candidate: Any) -> dict[str, Any]:
    told = {"content": {"role": "model", "parts": list(parts)}, "index": 0} | candidate
    return {"candidates": [told], "modelVersion": "gemini-3-pro", "responseId": "r1"}


def streamed(*chunks: Any, array: bool = False) -> list[ev.Event]:
    raw = json.dumps(chunks) if array else "".join(f"data: {json.dumps(one)}\r\n\r\n" for one in chunks)
    decoder = GeminiDecoder(CallContext(model="asked"))
    steps = [*decoder.feed(raw.encode()), *decoder.end()]
    return [event for step in steps for event in step.events]


def whole(body: Any) -> list[ev.Event]:
    return list(Answer(CallContext(model="asked")).whole(json.dumps(body).encode()))


def ending(*chunks: Any) -> ev.Ending | None:
    return fold(streamed(*chunks)).ending


def failure(*chunks: Any) -> tuple[FailureKind, str]:
    told = ending(*chunks)
    assert isinstance(told, ev.Failed)
    return told.failure.kind, told.failure.message


@pytest.mark.parametrize("array", [False, True])
def test_a_streamed_answer_in_both_forms(array: bool) -> None:
    usage = {"promptTokenCount": 1, "candidatesTokenCount": 2, "totalTokenCount": 3, "serviceTier": "standard"}
    first, last = chunk({"text": "he"}), {**chunk({"text": "y"}, finishReason="STOP"), "usageMetadata": usage}
    assert streamed({"candidates": []}, first, last, array=array) == [
        ev.ResponseStarted(response_id="r1", model="gemini-3-pro", created_at=0),
        ev.TextStarted(block=0),
        ev.TextDelta(block=0, text="he"),
        ev.TextDelta(block=0, text="y"),
        ev.TextEnded(block=0, text="hey"),
        ev.UsageReported(usage=fold(streamed(last)).usage or pytest.fail("no usage")),
        ev.ResponseEnded(ending=ev.Completed(), service_tier="standard"),
    ]


def test_answers_without_an_id_still_give_their_calls_different_ones() -> None:
    def called(text: str) -> str:
        told = chunk({"text": text}, {"functionCall": {"name": "f"}}, finishReason="STOP") | {"responseId": ""}
        return next(event.call_id for event in streamed(told) if isinstance(event, ev.ToolCallStarted))

    assert called("a") == called("a") != called("b")


def test_a_whole_answer_says_what_the_stream_says() -> None:
    told = chunk({"text": "hey"}, {"functionCall": {"name": "f"}}, finishReason="STOP")
    assert whole(told) == streamed(told) == whole([told])
    parts: Response = fold(whole(told))
    assert [part.block for part in parts.parts] == [
        Text(text="hey"),
        ToolCall(call_id="call_r1_1", name="f", arguments="{}"),
    ]


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("STOP", ev.Completed()),
        ("FINISH_REASON_UNSPECIFIED", ev.Completed()),
        ("BRAND_NEW", ev.Incomplete(reason="brand_new")),
        ("OTHER", ev.Incomplete(reason="other")),
        ("NO_IMAGE", ev.Incomplete(reason="no_image")),
        ("MAX_TOKENS", ev.Incomplete(reason="max_output_tokens")),
        ("SAFETY", ev.Incomplete(reason="content_filter")),
        ("RECITATION", ev.Incomplete(reason="content_filter")),
        ("IMAGE_SAFETY", ev.Incomplete(reason="content_filter")),
        ("SPII", ev.Incomplete(reason="content_filter")),
    ],
)
def test_finish_reasons(reason: str, told: ev.Ending) -> None:
    assert ending(chunk({"text": "x"}, finishReason=reason)) == told


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("MALFORMED_FUNCTION_CALL", K.UPSTREAM_ERROR),
        ("UNEXPECTED_TOOL_CALL", K.UPSTREAM_ERROR),
        ("MISSING_THOUGHT_SIGNATURE", K.STALE_REASONING),
    ],
)
def test_answers_that_the_vendor_gave_up(reason: str, kind: FailureKind) -> None:
    assert failure(chunk(finishReason=reason, finishMessage="why")) == (kind, "why")
    assert failure(chunk(finishReason=reason))[1] == f"the vendor gave the answer up ({reason})"


def test_an_end_for_no_known_reason_before_any_answer_is_an_empty_answer() -> None:
    thought = {"text": "hm", "thought": True}
    assert failure(chunk(thought, finishReason="OTHER")) == (
        K.EMPTY_ANSWER,
        "the vendor stopped before it answered (OTHER)",
    )
    assert failure(chunk(finishReason="NO_IMAGE", finishMessage="why")) == (K.EMPTY_ANSWER, "why")
    assert ending(chunk({"functionCall": {"name": "f"}}, finishReason="OTHER")) == ev.Incomplete(reason="other")


def test_old_models_name_stop_in_every_chunk() -> None:
    told = fold(streamed(chunk({"text": "a"}, finishReason="STOP"), chunk({"text": "b"}, finishReason="STOP")))
    assert told.parts[0].block == Text(text="ab")
    assert ending(chunk(finishReason="STOP"), chunk(finishReason="RECITATION")) == ev.Incomplete(
        reason="content_filter"
    )


def test_an_answer_without_a_reason_broke_off() -> None:
    assert failure(chunk({"text": "x"}))[0] is K.DISCONNECTED
    assert failure()[0] is K.DISCONNECTED
    assert failure({"this": [{"is": {}}]})[0] is K.DISCONNECTED


def test_blocked_prompts() -> None:
    told = {"promptFeedback": {"blockReason": "SAFETY", "blockReasonMessage": "Reasons"}}
    assert failure(told) == (K.POLICY, "Reasons")
    assert failure({"promptFeedback": {"blockReason": "OTHER"}})[1] == "the vendor blocked the prompt (OTHER)"
    ratings: dict[str, Any] = {"promptFeedback": {"safetyRatings": []}}
    assert ending(ratings, chunk({"text": "x"}, finishReason="STOP")) == ev.Completed()


def test_an_error_in_the_stream_ends_it() -> None:
    told = streamed(chunk({"text": "x"}), {"error": {"code": 503, "message": "full", "status": "UNAVAILABLE"}}, chunk())
    assert isinstance(told[-1], ev.ResponseEnded)
    assert isinstance(told[-1].ending, ev.Failed)
    assert (told[-1].ending.failure.kind, told[-1].ending.failure.message) == (K.OVERLOADED, "full")
    assert [type(event) for event in told].count(ev.ResponseEnded) == 1


def test_what_is_no_json_ends_the_answer_as_garbled() -> None:
    decoder = GeminiDecoder(CallContext())
    (step,) = decoder.feed(b"data: {nonsense\n\n")
    assert isinstance(step.events[-1], ev.ResponseEnded)
    assert isinstance(step.events[-1].ending, ev.Failed)
    assert step.events[-1].ending.failure.kind is K.GARBLED
    assert decoder.end() == []
    assert isinstance(fold(Answer(CallContext()).whole(b"<html>")).ending, ev.Failed)


def test_counts_of_the_last_chunk_that_has_any() -> None:
    counted = {**chunk(finishReason="STOP"), "usageMetadata": {"promptTokenCount": 5, "totalTokenCount": 5}}
    bare = {**chunk(), "usageMetadata": {"trafficType": "ON_DEMAND"}}
    usage = fold(streamed(bare, counted, bare)).usage
    assert usage is not None
    assert usage.input_tokens == 5


def test_of_several_candidates_the_first_is_read() -> None:
    two = {"candidates": [{"index": 1, "content": {"parts": [{"text": "b"}]}}, *chunk({"text": "a"})["candidates"]]}
    assert fold(streamed(two)).parts[0].block == Text(text="a")


@pytest.mark.parametrize(
    "odd",
    [
        7,
        [],
        {"candidates": 7},
        {"candidates": [7]},
        chunk(7),
        chunk(content=7),
        chunk(finishReason=7),
        {"usageMetadata": 7},
    ],
)
def test_odd_members_are_read_over(odd: Any) -> None:
    assert ending(odd, chunk({"text": "x"}, finishReason="STOP")) == ev.Completed()


def test_an_object_beyond_the_limit_cannot_be_framed() -> None:
    decoder = GeminiDecoder(CallContext())
    decoder.feed(b'[{"a":"')
    with pytest.raises(UpstreamError):
        decoder.feed(b"x" * (DEFAULT_LIMIT_BYTES + 1))
