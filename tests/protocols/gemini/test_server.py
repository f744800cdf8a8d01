"""The verbs of the server role."""

import json
from typing import Any

import pytest

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Text
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.fold import AnswerPart, Response
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.protocols.base import EVENT_STREAM, AnswerIds
from codex_proxy.protocols.gemini.schema import Verb
from codex_proxy.protocols.gemini.server import GeminiServer

IDS = AnswerIds(token="token", created_at=7, request_id="req")
ASK: dict[str, Any] = {"contents": "hi", "generationConfig": {"thinkingConfig": {"includeThoughts": True}}}
FULL = Failure(kind=FailureKind.OVERLOADED, message="full", retry_after_seconds=3)
REFUSED = Failure(kind=FailureKind.POLICY, message="no")


def server(verb: Verb = Verb.GENERATE, *, sse: bool = True) -> GeminiServer:
    return GeminiServer(model="gemini-2.5-pro", verb=verb, sse=sse)


def asked(codec: GeminiServer) -> Request:
    return codec.parse_request(json.dumps(ASK).encode(), headers={}).request


def response(ending: ev.Ending | None) -> Response:
    return Response(parts=(AnswerPart(block=Text(text="hi")),), ending=ending, model="gpt-5.4")


def test_the_answer_names_the_model_that_was_asked_for() -> None:
    codec = server()
    assert codec.dialect is Dialect.GEMINI
    reply = codec.encode_response(asked(codec), response(ev.Completed()), IDS)
    assert (reply.status, dict(reply.headers)["content-type"]) == (200, "application/json")
    told = json.loads(reply.body)
    assert (told["modelVersion"], told["responseId"]) == ("gemini-2.5-pro", "token")
    assert told["candidates"][0]["content"]["parts"] == [{"text": "hi"}]


@pytest.mark.parametrize(("sse", "media_type"), [(True, EVENT_STREAM), (False, "application/json; charset=utf-8")])
def test_a_stream_in_the_form_that_the_query_asks_for(sse: bool, media_type: str) -> None:
    codec = server(Verb.STREAM, sse=sse)
    stream = codec.open_stream(asked(codec), IDS)
    assert stream.content_type == media_type
    wire = stream.encode([ev.ThinkingDelta(block=0, text="hm")]) + stream.encode(
        [ev.ResponseEnded(ending=ev.Completed())]
    )
    assert wire.startswith(b"data: " if sse else b"[")
    assert b'"thought":true' in wire
    assert wire.endswith(b"\n\n" if sse else b"]")


@pytest.mark.parametrize(("ending", "status"), [(ev.Failed(failure=FULL), 503), (None, 502)])
def test_a_failed_answer_is_an_http_error(ending: ev.Ending | None, status: int) -> None:
    codec = server()
    reply = codec.encode_response(asked(codec), response(ending), IDS)
    assert reply.status == status
    assert json.loads(reply.body)["error"]["code"] == status


def test_errors_before_a_stream() -> None:
    told = {
        "code": 503,
        "message": "full",
        "status": "UNAVAILABLE",
        "details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "3s"}],
    }
    for codec, body in (
        (server(), {"error": told}),
        (server(Verb.STREAM), {"error": told}),
        (server(Verb.STREAM, sse=False), [{"error": told}]),
    ):
        reply = codec.encode_failure(FULL, request_id="req", request=asked(codec))
        assert (reply.status, json.loads(reply.body)) == (503, body)
        assert dict(reply.headers)["content-type"] == "application/json"
        assert dict(reply.headers)["retry-after"] == "3"


def test_a_refused_prompt_is_an_answer_without_candidates() -> None:
    told = {
        "promptFeedback": {"blockReason": "PROHIBITED_CONTENT", "blockReasonMessage": "no"},
        "modelVersion": "gemini-2.5-pro",
    }
    whole, events, array = server(), server(Verb.STREAM), server(Verb.STREAM, sse=False)
    reply = whole.encode_failure(REFUSED, request_id="req", request=asked(whole))
    assert (reply.status, json.loads(reply.body)) == (200, told)
    reply = events.encode_failure(REFUSED, request_id="req", request=asked(events))
    assert (reply.status, dict(reply.headers)["content-type"]) == (200, EVENT_STREAM)
    assert json.loads(reply.body.removeprefix(b"data: ")) == told
    reply = array.encode_failure(REFUSED, request_id="req", request=asked(array))
    assert json.loads(reply.body) == [told]
    assert whole.encode_failure(REFUSED, request_id="req").status == 400


def test_a_count() -> None:
    reply = server(Verb.COUNT).encode_count(7)
    assert json.loads(reply.body) == {"totalTokens": 7, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 7}]}
