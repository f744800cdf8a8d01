"""Events as chunks: exact bytes, whole calls, one end."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Annotation
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.rate_limits import RateLimitSnapshot
from codex_proxy.canonical.usage import Usage
from codex_proxy.protocols.gemini.answer.encoder import GeminiEncoder
from codex_proxy.protocols.gemini.answer.framing import framing
from codex_proxy.protocols.gemini.schema import ReplyForm
from scripts.evidence.gemini.sdk import GeminiSdk

START = ev.ResponseStarted(response_id="resp_1", model="upstream", created_at=1)
END = ev.ResponseEnded(ending=ev.Completed())
SHARED = '"modelVersion":"gpt \\"5\\"","responseId":"r1"'
STOP = {"content": {"parts": [{"text": ""}], "role": "model"}, "finishReason": "STOP", "index": 0}
SIGNED = ev.ThinkingEnded(block=0, signature="sig", origin="gemini")
OVERLOADED = Failure(kind=FailureKind.OVERLOADED, message="full")
REFUSED = Failure(kind=FailureKind.POLICY, message="no")


def encoder(form: ReplyForm | None = None, *, sse: bool = True) -> GeminiEncoder:
    shown = form or ReplyForm(thoughts=True)
    return GeminiEncoder(response_id="r1", model='gpt "5"', framing=framing(sse=sse), form=shown)


def chunks(events: Sequence[ev.Event], form: ReplyForm | None = None) -> list[Any]:
    """The chunks of a whole stream, JSON decoded."""
    stream = encoder(form)
    wire = b"".join(stream.encode([event]) for event in events) + stream.finish()
    assert stream.repairs == 0
    frames = wire.decode().split("\n\n")
    assert frames.pop() == ""
    assert all(frame.startswith("data: ") for frame in frames)
    return [json.loads(frame[6:]) for frame in frames]


def parts(*events: ev.Event, form: ReplyForm | None = None) -> list[Any]:
    """The parts of all chunks, the last one's included."""
    told = chunks([START, *events, END], form)
    return [part for chunk in told for part in chunk["candidates"][0]["content"]["parts"]]


def call(block: int, arguments: str, **members: Any) -> list[ev.Event]:
    started = ev.ToolCallStarted(block=block, call_id=f"c{block}", name="f", **members)
    return [started, ev.ToolCallDelta(block=block, text=arguments), ev.ToolCallEnded(block=block, arguments=arguments)]


def told_call(block: int, **args: Any) -> dict[str, Any]:
    return {"functionCall": {"id": f"c{block}", "name": "f", "args": args}}


def test_a_text_answer_byte_for_byte() -> None:
    stream = encoder()
    assert stream.encode([START, ev.TextStarted(block=0)]) == b""
    told = stream.encode([ev.TextDelta(block=0, text='hé\n"'), ev.TextDelta(block=0, text="")])
    first = (
        f'data: {{"candidates":[{{"content":{{"parts":[{{"text":"hé\\n\\""}}],"role":"model"}},"index":0}}],{SHARED}}}'
    )
    assert told.decode() == first + "\n\n"
    usage = ev.UsageReported(usage=Usage(input_tokens=2, output_tokens=3))
    assert stream.encode([ev.TextEnded(block=0, text='hé\n"'), usage]) == b""
    last = json.loads(stream.encode([END]).removeprefix(b"data: "))
    assert last["candidates"] == [STOP]
    assert last["usageMetadata"]["totalTokenCount"] == 5
    assert stream.finish() == stream.heartbeat() == stream.fail(OVERLOADED) == b""


def test_thoughts_are_parts_of_their_own_where_they_are_wanted() -> None:
    events = [ev.ThinkingDelta(block=0, text="a"), ev.ThinkingDelta(block=0, text="b", part=1)]
    told = parts(*events)
    assert told[:2] == [{"text": "a", "thought": True}, {"text": "\n\nb", "thought": True}]
    assert parts(*events, form=ReplyForm()) == [{"text": ""}]


def test_interleaved_parallel_calls_come_whole_and_in_order_with_one_signature() -> None:
    first, second = call(1, '{"p":"."}'), call(2, '{"f":"z"}')
    told = parts(SIGNED, first[0], second[0], second[1], first[1], second[2], first[2])
    assert told == [{**told_call(1, p="."), "thoughtSignature": "sig"}, told_call(2, f="z"), {"text": ""}]


def test_without_calls_the_signature_closes_the_text() -> None:
    told = parts(SIGNED, ev.TextDelta(block=1, text="hi"))
    assert told == [{"text": "hi"}, {"text": "", "thoughtSignature": "sig"}]


def test_no_signature_is_lost_to_a_second_one() -> None:
    again = ev.ThinkingEnded(block=1, signature="again", origin="gemini")
    told = parts(SIGNED, again, *call(2, "{}"))
    assert [part.get("thoughtSignature") for part in told] == ["sig", "again", None]


def test_a_signature_of_the_codex_backend_is_sealed() -> None:
    (part,) = parts(ev.ThinkingEnded(block=0, signature="gAAAA", item_id="rs_1"))
    assert part["thoughtSignature"].startswith("Y3B4MS5")  # base64 of the seal's first characters


def test_a_call_that_makes_no_sense_ends_the_answer_as_malformed() -> None:
    stream = encoder()
    wire = stream.encode([START, *call(1, "{"), *call(2, "{}"), END])
    frames = [json.loads(frame[6:]) for frame in wire.decode().split("\n\n")[:-1]]
    assert frames[0]["candidates"][0]["content"]["parts"] == [told_call(2)]
    assert frames[1]["candidates"][0]["finishReason"] == "MALFORMED_FUNCTION_CALL"
    assert frames[1]["candidates"][0]["finishMessage"] == "Malformed function call: f({)"
    assert [note.path for note in stream.notes] == ["functionCall.args"]


def test_a_call_that_never_ended_is_told_at_the_end() -> None:
    assert parts(*call(1, '{"a":1}')[:2]) == [told_call(1, a=1), {"text": ""}]


def test_refusals_pictures_and_code() -> None:
    told = parts(
        ev.RefusalDelta(block=0, text="no"),
        ev.RefusalDelta(block=0, text=""),
        ev.ImagePartial(block=1, data="aGk=", index=0),
        ev.HostedEnded(block=1, kind="image_generation_call", item={"result": "aGk=", "output_format": "webp"}),
        ev.HostedEnded(block=2, kind="code_interpreter_call", item={"code": "1"}),
    )
    assert told == [
        {"text": "no"},
        {"inlineData": {"mimeType": "image/webp", "data": "aGk="}},
        {"executableCode": {"language": "PYTHON", "code": "1"}},
        {"text": ""},
    ]


def test_sources_stand_in_the_last_chunk() -> None:
    citation = Annotation(kind="url_citation", url="u", title="T", start_index=0, end_index=2)
    told = chunks(
        [
            START,
            ev.HostedEnded(block=0, kind="web_search_call", item={"action": {"query": "q"}}),
            ev.TextDelta(block=1, text="äx"),
            ev.AnnotationAdded(block=1, annotation=citation),
            ev.TextEnded(block=1, text="äx", annotations=(citation,)),
            END,
        ]
    )
    assert "groundingMetadata" not in told[0]["candidates"][0]
    assert told[1]["candidates"][0]["groundingMetadata"] == {
        "webSearchQueries": ["q"],
        "groundingChunks": [{"web": {"uri": "u", "title": "T"}}],
        "groundingSupports": [
            {"segment": {"startIndex": 0, "endIndex": 3, "text": "äx"}, "groundingChunkIndices": [0]}
        ],
    }


def test_what_has_no_form_is_noted() -> None:
    stream = encoder()
    stream.encode(
        [
            START,
            ev.HostedEnded(block=0, kind="mcp_call", item={}),
            ev.OpaqueEvent(dialect="openai_responses", name="response.new", payload=b"{}"),
            ev.TextEnded(block=1, text="x", annotations=(Annotation(kind="file_citation"),)),
            *call(2, "{}", namespace="n"),
            ev.RateLimitsObserved(snapshot=RateLimitSnapshot()),
            END,
        ]
    )
    paths = {note.path for note in stream.notes}
    assert paths == {"item mcp_call", "event response.new", "annotations", "functionCall.namespace"}


def test_parts_of_the_same_dialect_pass() -> None:
    opaque = ev.OpaqueEvent(dialect="gemini", name="toolCall", payload=b'{"toolCall":{"id":"t"}}')
    assert parts(opaque)[0] == {"toolCall": {"id": "t"}}


def test_a_bare_word_waits_until_it_is_whole() -> None:
    form = ReplyForm(bare_text=True)
    pieces = [ev.TextDelta(block=0, text='"Dr'), ev.TextDelta(block=0, text='um"')]
    assert parts(*pieces, ev.TextEnded(block=0, text='"Drum"'), form=form)[0] == {"text": "Drum"}
    assert parts(*pieces, form=form)[0] == {"text": "Drum"}


def test_the_tier_is_told_where_it_was_asked_for() -> None:
    usage = ev.UsageReported(usage=Usage(input_tokens=1))
    ended = ev.ResponseEnded(ending=ev.Completed(), service_tier="flex")
    assert chunks([START, usage, ended], ReplyForm(tier=True))[-1]["usageMetadata"]["serviceTier"] == "flex"
    assert "serviceTier" not in chunks([START, usage, ended])[-1]["usageMetadata"]


def test_an_answer_that_broke_off_is_an_error() -> None:
    told = chunks([START, ev.TextDelta(block=0, text="x")])
    assert told[-1]["error"]["code"] == 502
    assert told[-1]["error"]["status"] == "INTERNAL"


@pytest.mark.parametrize("sse", [True, False])
def test_failures_in_both_forms(sse: bool) -> None:
    stream = encoder(sse=sse)
    wire = stream.encode(
        [START, ev.TextDelta(block=0, text="x"), ev.ResponseEnded(ending=ev.Failed(failure=OVERLOADED))]
    )
    last = json.loads(wire.split(b"\n\n")[1][6:]) if sse else json.loads(wire)[1]
    assert last == {"error": {"code": 503, "message": "full", "status": "UNAVAILABLE"}}


def test_a_prompt_refused_before_any_output_is_blocked_and_later_an_error() -> None:
    told = json.loads(encoder().fail(REFUSED)[6:])
    assert told == {
        "promptFeedback": {"blockReason": "PROHIBITED_CONTENT", "blockReasonMessage": "no"},
        "modelVersion": 'gpt "5"',
        "responseId": "r1",
    }
    stream = encoder()
    stream.encode([START, ev.TextDelta(block=0, text="x")])
    assert json.loads(stream.fail(REFUSED)[6:])["error"]["status"] == "INVALID_ARGUMENT"


@pytest.mark.parametrize("sse", [True, False])
def test_the_sdk_reads_heartbeats_between_chunks(sse: bool) -> None:
    stream = encoder(sse=sse)
    pulse = stream.heartbeat()
    wire = pulse + stream.encode([START, ev.TextDelta(block=0, text="a")]) + pulse * 2
    wire += stream.encode([ev.TextDelta(block=0, text="b")]) + pulse + stream.encode([END])
    sdk = GeminiSdk()
    try:
        assert sdk.read(wire, streamed=sse).answer.text == "ab"
    finally:
        sdk.close()


def test_the_sdk_raises_at_an_error_in_the_stream() -> None:
    stream = encoder()
    wire = stream.encode([START, ev.TextDelta(block=0, text="a")]) + stream.fail(OVERLOADED)
    sdk = GeminiSdk()
    try:
        read = sdk.read(wire, streamed=True).answer
        raised = sdk.error_of(503, json.dumps({"error": {"code": 503, "message": "full"}}).encode(), ())
    finally:
        sdk.close()
    assert (read.text, read.ending, read.error) == ("a", "failed", "full")
    assert "ServerError" in raised.names
