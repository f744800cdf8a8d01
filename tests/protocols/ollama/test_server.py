"""The server role as the official SDK sees it."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from ollama import ResponseError

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import ToolKind
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.fold import Response, fold
from codex_proxy.canonical.request import Dialect, Reasoning
from codex_proxy.canonical.usage import Usage
from codex_proxy.protocols.base import AnswerIds, ServerCodec, ServerStream
from codex_proxy.protocols.ollama.schema import Durations, Endpoint, OllamaRequest
from codex_proxy.protocols.ollama.server import OllamaServer
from codex_proxy.protocols.parts.errors.upstream_errors import BROKEN_OFF
from tests.protocols.ollama.recordings import chat_parts, client_of, generate_parts

IDS = AnswerIds(token="t" * 24, created_at=7, request_id="req_1")
ASKED = OllamaRequest(dialect=Dialect.OLLAMA, model="gpt-5.4:latest", turns=(), stream=True)
ANSWER: tuple[ev.Event, ...] = (
    ev.ResponseStarted(response_id="resp_1", model="upstream-model", created_at=1),
    ev.ThinkingStarted(block=0),
    ev.ThinkingDelta(block=0, text="why"),
    ev.ThinkingDelta(block=0, text="how", part=1),
    ev.ThinkingEnded(block=0, summary=("why", "how"), signature="ENC"),
    ev.TextStarted(block=1),
    ev.TextDelta(block=1, text="Hel\u2028"),
    ev.TextDelta(block=1, text="lo"),
    ev.TextEnded(block=1, text="Hel\u2028lo"),
    ev.ToolCallStarted(block=2, call_id="call_a", name="ls"),
    ev.ToolCallEnded(block=2, arguments='{"p":1}'),
    ev.UsageReported(usage=Usage(input_tokens=9, output_tokens=5)),
    ev.ResponseEnded(ending=ev.Completed()),
)
PICTURE: tuple[ev.Event, ...] = (
    ev.HostedStarted(block=0, kind="image_generation_call", item={}),
    ev.HostedEnded(block=0, kind="image_generation_call", item={"result": "aGk="}),
    ev.ResponseEnded(ending=ev.Completed()),
)


def stream_of(events: Sequence[ev.Event], codec: OllamaServer | None = None) -> bytes:
    encoder = (codec or OllamaServer()).open_stream(ASKED, IDS)
    pieces = [encoder.heartbeat()]
    for event in events:
        pieces.extend([encoder.encode([event]), encoder.heartbeat()])
    assert encoder.repairs == 0
    return b"".join(pieces) + encoder.finish()


def body_of(events: Sequence[ev.Event], codec: OllamaServer | None = None, **asked: Any) -> dict[str, Any]:
    request = OllamaRequest(dialect=Dialect.OLLAMA, model="m", turns=(), **asked)
    reply = (codec or OllamaServer()).encode_response(request, fold(events), IDS)
    assert reply.status == 200
    body: dict[str, Any] = json.loads(reply.body)
    return body


def test_it_is_a_server_codec() -> None:
    codec: ServerCodec = OllamaServer()
    stream: ServerStream = codec.open_stream(ASKED, IDS)
    assert (codec.dialect, stream.content_type) == (Dialect.OLLAMA, "application/x-ndjson")


def test_the_sdk_reads_our_stream_heartbeats_and_all() -> None:
    parts = list(chat_parts(stream_of(ANSWER)))
    assert "".join(part.message.content or "" for part in parts) == "Hel\u2028lo"
    assert "".join(part.message.thinking or "" for part in parts) == "why\n\nhow"
    calls = [call.function for part in parts for call in part.message.tool_calls or []]
    assert [(call.name, call.arguments) for call in calls] == [("ls", {"p": 1})]
    assert {part.model for part in parts} == {"gpt-5.4:latest"}
    last = parts[-1]
    assert (last.done, last.done_reason, last.prompt_eval_count, last.eval_count) == (True, "stop", 9, 5)


def test_the_sdk_reads_our_whole_answer() -> None:
    request = OllamaRequest(dialect=Dialect.OLLAMA, model="m", turns=())
    durations = Durations(prompt_ns=250_000_000, eval_ns=500_000_000)
    reply = OllamaServer().encode_response(request, fold(ANSWER), IDS, durations=durations)
    whole = client_of(reply.body).chat(model="m", messages=[])
    message = whole.message
    assert (message.role, message.content, message.thinking) == ("assistant", "Hel\u2028lo", "why\n\nhow")
    assert [call.function.arguments for call in message.tool_calls or []] == [{"p": 1}]
    assert (whole.done, whole.done_reason, whole.created_at) == (True, "stop", "1970-01-01T00:00:07.750000000Z")
    assert (whole.total_duration, whole.eval_duration) == (750_000_000, 500_000_000)
    assert (whole.prompt_eval_count, whole.eval_count) == (9, 5)


def test_the_sdk_reads_the_answer_to_a_prompt() -> None:
    codec = OllamaServer(Endpoint.GENERATE)
    parts = list(generate_parts(stream_of(ANSWER[:9] + ANSWER[11:], codec)))
    whole = body_of(ANSWER[:9] + ANSWER[11:], codec)
    assert "".join(part.response or "" for part in parts) == whole["response"] == "Hel\u2028lo"
    assert "".join(part.thinking or "" for part in parts) == whole["thinking"] == "why\n\nhow"
    assert (parts[-1].context, whole["context"]) == ([], [])
    assert body_of(PICTURE, codec)["image"] == "aGk="


def test_thoughts_are_hidden_from_who_does_not_want_them() -> None:
    told = body_of(ANSWER, reasoning=Reasoning(effort="none", visible=False))
    assert "thinking" not in told["message"]


def test_a_refusal_is_text_and_a_free_text_call_has_an_object() -> None:
    told = body_of(
        (
            ev.RefusalStarted(block=0),
            ev.RefusalEnded(block=0, text="I will not"),
            ev.ToolCallStarted(block=1, call_id="c", name="patch", kind=ToolKind.CUSTOM),
            ev.ToolCallEnded(block=1, arguments="*** End"),
            ev.ResponseEnded(ending=ev.Incomplete(reason="max_output_tokens")),
        )
    )
    assert told["message"]["content"] == "I will not"
    assert told["message"]["tool_calls"][0]["function"]["arguments"] == {"input": "*** End"}
    assert told["done_reason"] == "length"
    assert "eval_count" not in told


def test_an_empty_answer_is_still_a_message() -> None:
    assert body_of([ev.ResponseEnded(ending=ev.Completed())])["message"] == {"role": "assistant", "content": ""}


def test_the_sdk_raises_what_went_wrong_within_a_stream() -> None:
    broken = stream_of(
        [*ANSWER[:7], ev.ResponseEnded(ending=ev.Failed(failure=Failure(kind=FailureKind.OVERLOADED, message="503")))]
    )
    with pytest.raises(ResponseError, match="the upstream said: 503"):
        list(chat_parts(broken))
    with pytest.raises(ResponseError, match="closed the stream"):
        list(chat_parts(stream_of(ANSWER[:7])))


@pytest.mark.parametrize(
    ("response", "status", "words"),
    [
        (Response(), 502, BROKEN_OFF.message),
        (
            Response(ending=ev.Failed(failure=Failure(kind=FailureKind.MODEL_NOT_FOUND, message="no"))),
            404,
            "model 'gpt-5.4:latest' not found: no",
        ),
    ],
)
def test_a_failed_answer_is_an_http_error(response: Response, status: int, words: str) -> None:
    reply = OllamaServer().encode_response(ASKED, response, IDS)
    assert (reply.status, json.loads(reply.body)) == (status, {"error": words})
    with pytest.raises(ResponseError, match=words) as caught:
        client_of(reply.body, status=reply.status).chat(model="m", messages=[])
    assert caught.value.status_code == status


def test_a_failure_before_the_request_was_read_names_no_model() -> None:
    failure = Failure(kind=FailureKind.MODEL_NOT_FOUND, message="no such model")
    reply = OllamaServer().encode_failure(failure, request_id="r")
    assert json.loads(reply.body) == {"error": "no such model"}
