"""The server role as the official SDK sees it."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from openai import APIError, BadRequestError, RateLimitError
from openai.types.chat import ChatCompletion

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Annotation, ToolKind
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.fold import fold
from codex_proxy.canonical.request import Dialect, Reasoning, Request
from codex_proxy.canonical.usage import Usage
from codex_proxy.protocols.base import AnswerIds, InvalidRequest, ServerCodec
from codex_proxy.protocols.openai_chat.schema import ChatRequest, ReasoningField, ReplyForm
from codex_proxy.protocols.openai_chat.server import ChatServer
from tests.protocols.openai_chat.recordings import accumulated, client_of

IDS = AnswerIds(token="t" * 24, created_at=7, request_id="req_1")
ASKED = ChatRequest(dialect=Dialect.OPENAI_CHAT, model="gpt-5.4", turns=(), stream=True, include_usage=True)
CITED = Annotation(kind="url_citation", url="https://x", title="X", start_index=0, end_index=2)
ANSWER: Sequence[ev.Event] = (
    ev.ResponseStarted(response_id="resp_1", model="upstream-model", created_at=1),
    ev.ThinkingStarted(block=0),
    ev.ThinkingDelta(block=0, text="why"),
    ev.ThinkingDelta(block=0, text="how", part=1),
    ev.ThinkingEnded(block=0, summary=("why", "how"), signature="ENC", item_id="rs_1"),
    ev.TextStarted(block=1),
    ev.TextDelta(block=1, text="Hel"),
    ev.TextDelta(block=1, text="lo"),
    ev.AnnotationAdded(block=1, annotation=CITED),
    ev.TextEnded(block=1, text="Hello", annotations=(CITED,)),
    ev.ToolCallStarted(block=2, call_id="call_a", name="ls"),
    ev.ToolCallStarted(block=3, call_id="call_b", name="cat"),
    ev.ToolCallDelta(block=2, text='{"p"'),
    ev.ToolCallDelta(block=3, text="{}"),
    ev.ToolCallDelta(block=2, text=":1}"),
    ev.ToolCallEnded(block=3, arguments="{}"),
    ev.ToolCallEnded(block=2, arguments='{"p":1}'),
    ev.UsageReported(usage=Usage(input_tokens=9, cached_tokens=4, output_tokens=5, reasoning_tokens=2)),
    ev.ResponseEnded(ending=ev.Completed(), service_tier="priority"),
)
CUSTOM: Sequence[ev.Event] = (
    ev.ToolCallStarted(block=0, call_id="call_a", name="patch", kind=ToolKind.CUSTOM),
    ev.ToolCallDelta(block=0, text="*** End"),
    ev.ToolCallEnded(block=0, arguments="*** End"),
    ev.ResponseEnded(ending=ev.Completed()),
)


def stream_of(events: Sequence[ev.Event], request: Request = ASKED) -> bytes:
    encoder = ChatServer().open_stream(request, IDS)
    pieces = [encoder.heartbeat()]
    for event in events:
        pieces.extend([encoder.encode([event]), encoder.heartbeat()])
    assert encoder.repairs == 0
    return b"".join(pieces) + encoder.finish()


def body_of(events: Sequence[ev.Event], request: Request = ASKED) -> dict[str, Any]:
    reply = ChatServer().encode_response(request, fold(events), IDS)
    assert reply.status == 200
    body: dict[str, Any] = json.loads(reply.body)
    return body


def test_it_is_a_server_codec() -> None:
    codec: ServerCodec = ChatServer()
    assert codec.dialect is Dialect.OPENAI_CHAT


def test_the_accumulator_of_the_sdk_reads_our_stream() -> None:
    with client_of(stream_of(ANSWER)) as client:
        chunks = list(client.chat.completions.create(model="m", messages=[], stream=True))
    whole = accumulated(chunks)
    message = whole.choices[0].message
    assert {chunk.id for chunk in chunks} == {"chatcmpl-" + IDS.token}
    assert {chunk.model for chunk in chunks} == {"gpt-5.4"}
    assert message.content == "Hello"
    assert (message.model_extra or {})["reasoning_content"] == "why\n\nhow"
    calls = [
        (call.id, call.function.name, call.function.arguments)
        for call in message.tool_calls or []
        if call.type == "function"
    ]
    assert calls == [("call_a", "ls", '{"p":1}'), ("call_b", "cat", "{}")]
    assert whole.choices[0].finish_reason == "tool_calls"
    assert whole.usage is not None
    assert (whole.usage.prompt_tokens, whole.usage.total_tokens) == (9, 14)
    assert [chunk.service_tier for chunk in chunks if chunk.service_tier] == ["priority"]


def test_the_helper_of_the_sdk_reads_our_stream() -> None:
    with (
        client_of(stream_of(ANSWER)) as client,
        client.chat.completions.stream(model="m", messages=[]) as stream,
    ):
        kinds = {event.type for event in stream}
        final = stream.get_final_completion()
    assert {"chunk", "content.delta", "content.done", "tool_calls.function.arguments.done"} <= kinds
    assert final.choices[0].message.content == "Hello"


def test_the_helper_reads_free_text_calls_in_the_form_it_needs() -> None:
    headers = {"x-stainless-helper-method": "chat.completions.stream"}
    parsed = ChatServer().parse_request(b'{"messages":[{"role":"user","content":"x"}]}', headers=headers)
    with (
        client_of(stream_of(CUSTOM, parsed.request)) as client,
        client.chat.completions.stream(model="m", messages=[]) as stream,
    ):
        [call] = stream.get_final_completion().choices[0].message.tool_calls or []
    assert call.function.arguments == "*** End"


def test_the_stream_and_the_whole_answer_say_the_same() -> None:
    with client_of(stream_of(ANSWER)) as client:
        streamed = accumulated(list(client.chat.completions.create(model="m", messages=[], stream=True)))
    whole = ChatCompletion.model_validate(body_of(ANSWER))
    ours, theirs = whole.choices[0].message, streamed.choices[0].message
    assert (ours.content, ours.model_extra) == (theirs.content, theirs.model_extra)
    assert [call.id for call in ours.tool_calls or []] == [call.id for call in theirs.tool_calls or []]
    assert whole.choices[0].finish_reason == streamed.choices[0].finish_reason
    assert whole.usage == streamed.usage


def test_a_whole_answer_member_by_member() -> None:
    body = body_of(ANSWER)
    assert body["choices"] == [
        {
            "index": 0,
            "message": {
                "role": "assistant",
                "content": "Hello",
                "refusal": None,
                "annotations": [
                    {
                        "type": "url_citation",
                        "url_citation": {"url": "https://x", "title": "X", "start_index": 0, "end_index": 2},
                    }
                ],
                "reasoning_content": "why\n\nhow",
                "tool_calls": [
                    {"id": "call_a", "type": "function", "function": {"name": "ls", "arguments": '{"p":1}'}},
                    {"id": "call_b", "type": "function", "function": {"name": "cat", "arguments": "{}"}},
                ],
            },
            "logprobs": None,
            "finish_reason": "tool_calls",
        }
    ]
    assert (body["id"], body["created"], body["model"]) == ("chatcmpl-" + IDS.token, 7, "gpt-5.4")
    assert (body["service_tier"], body["system_fingerprint"]) == ("priority", None)


def test_content_is_null_only_beside_calls() -> None:
    end = ev.ResponseEnded(ending=ev.Completed())
    assert body_of([end])["choices"][0]["message"]["content"] == ""
    assert "tool_calls" not in body_of([end])["choices"][0]["message"]
    assert body_of(CUSTOM)["choices"][0]["message"]["content"] is None


def test_the_forms_of_a_whole_answer() -> None:
    custom = body_of(CUSTOM)["choices"][0]["message"]["tool_calls"]
    assert custom == [{"id": "call_a", "type": "custom", "custom": {"name": "patch", "input": "*** End"}}]
    legacy = ChatRequest(dialect=Dialect.OPENAI_CHAT, model="m", turns=(), form=ReplyForm(legacy=True))
    choice = body_of(ANSWER, legacy)["choices"][0]
    assert choice["message"]["function_call"] == {"name": "ls", "arguments": '{"p":1}'}
    assert choice["finish_reason"] == "function_call"
    assert "tool_calls" not in choice["message"]
    sealed = ChatRequest(dialect=Dialect.OPENAI_CHAT, model="m", turns=(), form=ReplyForm(reasoning_details=True))
    assert body_of(ANSWER, sealed)["choices"][0]["message"]["reasoning_details"][0]["data"] == "ENC"


def test_hidden_thoughts_are_hidden_in_both_forms() -> None:
    hidden = ChatRequest(dialect=Dialect.OPENAI_CHAT, model="m", turns=(), reasoning=Reasoning(visible=False))
    assert "reasoning_content" not in body_of(ANSWER, hidden)["choices"][0]["message"]
    assert b"reasoning_content" not in stream_of(ANSWER, hidden)
    server = ChatServer(reasoning_field=ReasoningField.REASONING)
    assert b'"reasoning":"why' in server.encode_response(ASKED, fold(ANSWER), IDS).body


def test_silence_may_be_filled_with_chunks() -> None:
    assert ChatServer().open_stream(ASKED, IDS).heartbeat() == b": ping\n\n"
    assert b'"delta":{}' in ChatServer(heartbeat_chunks=True).open_stream(ASKED, IDS).heartbeat()


def test_a_picture_and_a_refusal() -> None:
    item = {"type": "image_generation_call", "result": "QUJD"}
    message = body_of(
        [
            ev.HostedStarted(block=0, kind="image_generation_call", item={}),
            ev.HostedEnded(block=0, kind="image_generation_call", item=item),
            ev.RefusalStarted(block=1),
            ev.RefusalEnded(block=1, text="no"),
            ev.ResponseEnded(ending=ev.Completed()),
        ]
    )["choices"][0]["message"]
    assert message["images"][0]["image_url"]["url"] == "data:image/png;base64,QUJD"
    assert (message["refusal"], message["content"]) == ("no", "")


FAILURE = Failure(kind=FailureKind.CONTEXT_TOO_LONG, message="too long")
FAILED = ev.ResponseEnded(ending=ev.Failed(failure=FAILURE))


def test_the_sdk_raises_at_an_error_frame() -> None:
    with client_of(stream_of([*ANSWER[:7], FAILED])) as client, pytest.raises(APIError) as error:
        list(client.chat.completions.create(model="m", messages=[], stream=True))
    assert (error.value.code, error.value.message) == ("context_length_exceeded", "too long")


def test_a_failed_answer_is_an_http_error() -> None:
    reply = ChatServer().encode_response(ASKED, fold([*ANSWER[:7], FAILED]), IDS)
    with (
        client_of(reply.body, status=reply.status, headers=dict(reply.headers)) as client,
        pytest.raises(BadRequestError) as error,
    ):
        client.chat.completions.create(model="m", messages=[])
    assert error.value.code == "context_length_exceeded"
    assert ChatServer().encode_response(ASKED, fold(ANSWER[:7]), IDS).status == 502


def test_a_failure_before_the_stream_is_an_http_error() -> None:
    failure = Failure(kind=FailureKind.USAGE_LIMIT, message="later", retry_after_seconds=5)
    reply = ChatServer().encode_failure(failure, request_id="req_1")
    with (
        client_of(reply.body, status=reply.status, headers=dict(reply.headers)) as client,
        pytest.raises(RateLimitError) as error,
    ):
        client.chat.completions.create(model="m", messages=[])
    assert error.value.response.headers["retry-after"] == "5"


def test_a_wrong_request_is_told_by_field() -> None:
    with pytest.raises(InvalidRequest) as error:
        ChatServer().parse_request(b'{"model":"m","messages":[]}', headers={})
    reply = ChatServer().encode_failure(error.value.failure(), request_id="req_1")
    told = json.loads(reply.body)["error"]
    assert (reply.status, told["param"], told["type"]) == (400, "messages", "invalid_request_error")
    assert "messages must not be empty" in told["message"]


def test_a_request_of_another_parser_gets_this_clients_form() -> None:
    foreign = Request(dialect=Dialect.OPENAI_RESPONSES, model="m", turns=(), verbosity="low", stream=True)
    adopted = ChatServer().adopt(foreign, headers={"user-agent": "Cursor/1.9"})
    assert isinstance(adopted, ChatRequest)
    assert (adopted.dialect, adopted.verbosity) == (Dialect.OPENAI_RESPONSES, "low")
    assert b'"type":"function"' in stream_of(CUSTOM, adopted)
