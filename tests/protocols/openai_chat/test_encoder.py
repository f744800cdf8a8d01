"""Events as chunks: exact bytes, legal order, and the law of the round trip."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import ChatCompletionChunk

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Annotation, ToolKind
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.notes import Weight
from codex_proxy.canonical.rate_limits import RateLimitSnapshot
from codex_proxy.canonical.usage import Usage
from codex_proxy.protocols.openai_chat.encoder import ChatEncoder, finish_reason
from codex_proxy.protocols.openai_chat.schema import ReasoningField, ReplyForm

START = ev.ResponseStarted(response_id="resp_1", model="upstream", created_at=1)
TEXT = ev.TextStarted(block=0)
END = ev.ResponseEnded(ending=ev.Completed())
SHARED = (
    '"id":"chatcmpl-1","object":"chat.completion.chunk","created":7,"model":"gpt \\"5\\"","system_fingerprint":null'
)


def encoder(**options: Any) -> ChatEncoder:
    return ChatEncoder(completion_id="chatcmpl-1", model='gpt "5"', created_at=7, **options)


def written(events: Sequence[ev.Event], **options: Any) -> list[Any]:
    """The frames of a whole stream, JSON decoded."""
    stream = encoder(**options)
    wire = b"".join(stream.encode([event]) for event in events) + stream.finish()
    assert stream.repairs == 0
    frames = wire.decode().split("\n\n")
    assert frames.pop() == ""
    assert all(frame.startswith("data: ") for frame in frames)
    return [frame if frame == "data: [DONE]" else json.loads(frame[6:]) for frame in frames]


def deltas(events: Sequence[ev.Event], **options: Any) -> list[dict[str, Any]]:
    """The deltas between the role chunk and the finish chunk."""
    frames = written([START, *events, END], **options)
    found = [frame["choices"][0]["delta"] for frame in frames[:-1] if frame["choices"]]
    assert found[0] == {"role": "assistant", "content": ""}
    assert found[-1] == {}
    return found[1:-1]


def test_a_text_answer_byte_for_byte() -> None:
    stream = encoder()
    assert stream.encode([START, TEXT]) == b""
    start = f'data: {{{SHARED},"choices":[{{"index":0,"delta":'
    rest = ',"logprobs":null,"finish_reason":null}]}\n\n'
    first = stream.encode([ev.TextDelta(block=0, text='hé\n"')])
    assert first.decode() == (
        start + '{"role":"assistant","content":""}' + rest + start + '{"content":"hé\\n\\""}' + rest
    )
    assert stream.encode([ev.TextDelta(block=0, text="x")]).decode() == start + '{"content":"x"}' + rest
    assert stream.encode([ev.TextEnded(block=0, text='hé\n"x'), END]).decode() == (
        start + '{},"logprobs":null,"finish_reason":"stop"}],"service_tier":"default"}\n\ndata: [DONE]\n\n'
    )
    assert stream.finish() == b""
    assert stream.encode([ev.TextDelta(block=0, text="late")]) == b""
    assert stream.fail(Failure(kind=FailureKind.INTERNAL, message="late")) == b""
    assert stream.repairs == 0


def test_usage_comes_only_when_asked_and_in_a_chunk_of_its_own() -> None:
    told: list[ev.Event] = [
        START,
        TEXT,
        ev.TextDelta(block=0, text="x"),
        ev.UsageReported(usage=Usage(input_tokens=2)),
        END,
    ]
    silent = written(told)
    assert all("usage" not in frame for frame in silent[:-1])
    *chunks, usage, done = written(told, include_usage=True)
    assert [chunk["usage"] for chunk in chunks] == [None, None, None]
    assert (usage["choices"], usage["usage"]["prompt_tokens"]) == ([], 2)
    assert usage["id"] == chunks[0]["id"]
    assert done == "data: [DONE]"


def test_the_tier_stands_on_the_last_chunk_only() -> None:
    *others, last, _ = written([START, ev.ResponseEnded(ending=ev.Completed(), service_tier="priority")])
    assert last["service_tier"] == "priority"
    assert all("service_tier" not in chunk for chunk in others)


def thinking(text: str, *, part: int = 0, block: int = 0, raw: bool = False) -> ev.ThinkingDelta:
    return ev.ThinkingDelta(block=block, text=text, part=part, raw=raw)


def test_thoughts_are_one_text_with_a_blank_line_between_parts_and_items() -> None:
    events = [thinking("a"), thinking("b"), thinking("c", part=1), thinking("d", block=1)]
    told = [delta["reasoning_content"] for delta in deltas(events)]
    assert told == ["a", "b", "\n\nc", "\n\nd"]


def test_raw_thoughts_show_only_without_a_summary() -> None:
    assert deltas([thinking("raw", raw=True)]) == [{"reasoning_content": "raw"}]
    assert deltas([thinking("short"), thinking("raw", raw=True)]) == [{"reasoning_content": "short"}]


@pytest.mark.parametrize(
    ("field", "delta"),
    [
        (ReasoningField.REASONING, [{"reasoning": "a"}]),
        (ReasoningField.BOTH, [{"reasoning_content": "a", "reasoning": "a"}]),
        (ReasoningField.NONE, []),
    ],
)
def test_the_field_for_thoughts(field: ReasoningField, delta: list[dict[str, str]]) -> None:
    assert deltas([thinking("a")], reasoning_field=field) == delta


def test_sealed_reasoning_is_given_to_those_who_ask() -> None:
    sealed = [ev.ThinkingEnded(block=number, signature="ENC", item_id="rs_1") for number in range(2)]
    assert deltas(sealed) == []
    [first, second] = deltas(sealed, form=ReplyForm(reasoning_details=True))
    assert first["reasoning_details"][0] | {"index": 1} == second["reasoning_details"][0]
    assert first["reasoning_details"][0]["data"] == "ENC"


def call(block: int, call_id: str, name: str, kind: ToolKind = ToolKind.FUNCTION) -> ev.ToolCallStarted:
    return ev.ToolCallStarted(block=block, call_id=call_id, name=name, kind=kind)


def test_interleaved_calls_are_told_one_after_another() -> None:
    events: list[ev.Event] = [
        call(1, "a", "ls"),
        call(2, "b", "cat"),
        ev.ToolCallDelta(block=2, text="{"),
        ev.ToolCallDelta(block=1, text="["),
        ev.ToolCallEnded(block=2, arguments="{"),
        ev.ToolCallEnded(block=1, arguments="["),
    ]
    assert deltas(events) == [
        {"tool_calls": [{"index": 0, "id": "a", "type": "function", "function": {"name": "ls", "arguments": ""}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": "["}}]},
        {"tool_calls": [{"index": 1, "id": "b", "type": "function", "function": {"name": "cat", "arguments": ""}}]},
        {"tool_calls": [{"index": 1, "function": {"arguments": "{"}}]},
    ]


CUSTOM: list[ev.Event] = [call(1, "a", "patch", ToolKind.CUSTOM), ev.ToolCallDelta(block=1, text="*** End")]


def test_a_free_text_call_has_its_own_form() -> None:
    assert deltas(CUSTOM) == [
        {"tool_calls": [{"index": 0, "id": "a", "type": "custom", "custom": {"name": "patch", "input": ""}}]},
        {"tool_calls": [{"index": 0, "custom": {"input": "*** End"}}]},
    ]


def test_a_free_text_call_is_a_function_with_raw_text_for_those_who_need_it() -> None:
    assert deltas(CUSTOM, form=ReplyForm(custom_as_function=True)) == [
        {"tool_calls": [{"index": 0, "id": "a", "type": "function", "function": {"name": "patch", "arguments": ""}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": "*** End"}}]},
    ]


def test_a_legacy_answer_calls_one_function() -> None:
    events: list[ev.Event] = [call(1, "a", "ls"), ev.ToolCallDelta(block=1, text="{}"), call(2, "b", "cat")]
    stream = encoder(form=ReplyForm(legacy=True))
    wire = stream.encode([START, *events, END]).decode()
    assert '"finish_reason":"function_call"' in wire
    assert [note.path for note in stream.notes] == ["parallel function calls"]
    assert deltas(events[:2], form=ReplyForm(legacy=True)) == [
        {"function_call": {"name": "ls", "arguments": ""}},
        {"function_call": {"arguments": "{}"}},
    ]


def test_citations_come_in_one_chunk_before_the_end_and_count_from_the_whole_text() -> None:
    cited = Annotation(kind="url_citation", url="https://x", title="X", start_index=0, end_index=2)
    events: list[ev.Event] = [
        TEXT,
        ev.TextDelta(block=0, text="hello"),
        ev.TextEnded(block=0, text="hello"),
        ev.TextStarted(block=1),
        ev.TextDelta(block=1, text="hi"),
        ev.AnnotationAdded(block=1, annotation=cited),
        ev.TextEnded(block=1, text="hi", annotations=(cited, Annotation(kind="file_citation"))),
    ]
    last = deltas(events)[-1]
    assert [one["url_citation"]["start_index"] for one in last["annotations"]] == [5]


def test_a_generated_picture_is_never_a_tool_call() -> None:
    item = {"type": "image_generation_call", "result": "QUJD"}
    events = [ev.HostedEnded(block=number, kind="image_generation_call", item=item) for number in (0, 1)]
    pictures = [delta["images"][0] for delta in deltas(events)]
    assert [picture["index"] for picture in pictures] == [0, 1]
    assert written([START, *events, END])[-2]["choices"][0]["finish_reason"] == "stop"


def test_what_has_no_chat_form_is_noted() -> None:
    stream = encoder()
    search = ev.HostedEnded(block=0, kind="web_search_call", item={})
    opaque = ev.OpaqueEvent(dialect="codex", name="response.new", payload=b"{}")
    assert stream.encode([START, search, opaque]) == b""
    assert [note.path for note in stream.notes] == ["item web_search_call", "event response.new"]


@pytest.mark.parametrize(
    ("ending", "called", "reason"),
    [
        (ev.Completed(), False, "stop"),
        (ev.Completed(stop_sequence="END"), False, "stop"),
        (ev.Completed(), True, "tool_calls"),
        (ev.Incomplete(reason="max_output_tokens"), True, "length"),
        (ev.Incomplete(reason="content_filter"), False, "content_filter"),
        (ev.Incomplete(reason="max_messages"), False, "length"),
        (ev.Incomplete(reason="steered"), False, "stop"),
        (ev.Incomplete(reason="something new"), False, "length"),
    ],
)
def test_finish_reasons(ending: ev.Completed | ev.Incomplete, called: bool, reason: str) -> None:
    assert finish_reason(ending, called=called, legacy=False) == reason


def test_an_end_that_the_wire_has_no_word_for_is_noted() -> None:
    stream = encoder()
    stream.encode([START, ev.ResponseEnded(ending=ev.Incomplete(reason="no_image"))])
    ((path, detail, weight),) = [(note.path, note.detail, note.weight) for note in stream.notes]
    assert (path, detail, weight) == ("finish_reason", "the answer was cut by no_image", Weight.LOSSY)


def test_a_failure_is_an_error_frame_and_the_terminator() -> None:
    failure = Failure(kind=FailureKind.OVERLOADED, message="busy")
    error = {"message": "busy", "type": "server_error", "param": None, "code": "overloaded"}
    ended = ev.ResponseEnded(ending=ev.Failed(failure=failure))
    assert written([START, ended]) == [{"error": error}, "data: [DONE]"]
    assert written([START, TEXT, ev.TextDelta(block=0, text="x"), call(1, "a", "ls"), ended])[-2:] == [
        {"error": error},
        "data: [DONE]",
    ]


def test_a_stream_without_an_end_is_an_error() -> None:
    *_, error, done = written([START, TEXT, ev.TextDelta(block=0, text="x")])
    assert (error["error"]["code"], done) == ("stream_disconnected", "data: [DONE]")


def test_a_heartbeat_is_a_comment() -> None:
    assert encoder().heartbeat() == b": ping\n\n"


@pytest.mark.parametrize(
    ("include_usage", "tail"), [(False, {}), (True, {"usage": None})], ids=["plain", "with a counting chunk to come"]
)
def test_a_heartbeat_for_relays_is_a_chunk_that_says_nothing(include_usage: bool, tail: dict[str, Any]) -> None:
    stream = encoder(form=ReplyForm(heartbeat_chunks=True), include_usage=include_usage)
    beat = stream.heartbeat()
    choice = {"index": 0, "delta": {}, "logprobs": None, "finish_reason": None}
    assert json.loads(beat.removeprefix(b"data: ")) == json.loads(f"{{{SHARED}}}") | {"choices": [choice]} | tail
    stream.encode([START, TEXT, ev.TextDelta(block=0, text="x")])
    assert stream.heartbeat() == beat
    stream.encode([END])
    assert (stream.heartbeat(), stream.repairs) == (b"", 0)


def test_the_sdks_accumulator_reads_over_such_chunks() -> None:
    stream, state = encoder(form=ReplyForm(heartbeat_chunks=True)), ChatCompletionStreamState()
    said: list[ev.Event] = [START, TEXT, ev.TextDelta(block=0, text="hel"), ev.TextDelta(block=0, text="lo"), END]
    frames = [beat + stream.encode([event]) for event in said if (beat := stream.heartbeat())]
    for line in b"".join(frames).splitlines():
        if line.startswith(b"data: {"):
            state.handle_chunk(ChatCompletionChunk.model_validate_json(line[6:]))
    message = state.get_final_completion().choices[0].message
    assert (message.role, message.content) == ("assistant", "hello")


BLOCKS = st.integers(0, 3)
WORDS = st.text(max_size=4)
EVENTS = st.one_of(
    st.builds(ev.TextStarted, block=BLOCKS),
    st.builds(ev.TextDelta, block=BLOCKS, text=WORDS),
    st.builds(ev.TextEnded, block=BLOCKS, text=WORDS),
    st.builds(ev.AnnotationAdded, block=BLOCKS, annotation=st.just(Annotation(kind="url_citation", url="u"))),
    st.builds(ev.RefusalStarted, block=BLOCKS),
    st.builds(ev.RefusalDelta, block=BLOCKS, text=WORDS),
    st.builds(ev.RefusalEnded, block=BLOCKS, text=WORDS),
    st.builds(ev.ThinkingStarted, block=BLOCKS),
    st.builds(ev.ThinkingDelta, block=BLOCKS, text=WORDS, part=st.integers(0, 1), raw=st.booleans()),
    st.builds(ev.ThinkingEnded, block=BLOCKS, signature=st.none() | WORDS),
    st.builds(ev.ToolCallStarted, block=BLOCKS, call_id=WORDS, name=WORDS, kind=st.sampled_from(ToolKind)),
    st.builds(ev.ToolCallDelta, block=BLOCKS, text=WORDS),
    st.builds(ev.ToolCallEnded, block=BLOCKS, arguments=WORDS),
    st.builds(ev.HostedStarted, block=BLOCKS, kind=st.just("image_generation_call"), item=st.just({})),
    st.builds(ev.HostedEnded, block=BLOCKS, kind=st.just("image_generation_call"), item=st.just({"result": "QQ=="})),
    st.builds(ev.ImagePartial, block=BLOCKS, data=WORDS, index=BLOCKS),
    st.builds(ev.UsageReported, usage=st.just(Usage(input_tokens=1))),
    st.builds(ev.RateLimitsObserved, snapshot=st.just(RateLimitSnapshot())),
    st.builds(ev.OpaqueEvent, dialect=WORDS, name=WORDS, payload=st.just(b"{}")),
    st.builds(ev.ResponseEnded, ending=st.builds(ev.Completed) | st.builds(ev.Incomplete, reason=WORDS)),
)
FORMS = st.builds(ReplyForm, custom_as_function=st.booleans(), legacy=st.booleans(), reasoning_details=st.booleans())


@given(st.lists(EVENTS, max_size=12), FORMS, st.sampled_from(ReasoningField), st.booleans())
def test_every_stream_is_legal_whatever_the_events(
    events: list[ev.Event], form: ReplyForm, field: ReasoningField, usage: bool
) -> None:
    frames = written([START, *events], form=form, reasoning_field=field, include_usage=usage)
    assert frames[-1] == "data: [DONE]"
    chunks = [frame for frame in frames[:-1] if "error" not in frame]
    for chunk in chunks:
        if '"custom"' not in json.dumps(chunk):  # the SDK's chunk type knows functions only
            ChatCompletionChunk.model_validate(chunk)
    finished = [chunk for chunk in chunks if chunk["choices"] and chunk["choices"][0]["finish_reason"]]
    assert len(finished) + (len(frames) - 1 - len(chunks)) == 1
    roles = [chunk for chunk in chunks if chunk["choices"] and "role" in chunk["choices"][0]["delta"]]
    assert roles == chunks[: len(roles)]
    assert len(roles) == (1 if chunks else 0)
