"""The Responses dialect in the server role."""

import json

from openai.types.responses import Response as SdkResponse

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Text, ToolCall
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.fold import AnswerPart, Response
from codex_proxy.canonical.usage import Usage
from codex_proxy.protocols.base import AnswerIds
from codex_proxy.protocols.openai_responses.server import ResponsesServer

CODEC = ResponsesServer()
IDS = AnswerIds(token="t" * 24, created_at=5, request_id="req")
REQUEST = CODEC.parse_request(b'{"model":"gpt-5.4","input":"hi","instructions":"be nice"}', headers={}).request


def test_a_whole_answer_is_one_the_sdk_reads() -> None:
    parts = (
        AnswerPart(block=Text(text="hello")),
        AnswerPart(block=ToolCall(call_id="c", name="look", arguments='{"a":1}')),
    )
    answer = Response(parts=parts, usage=Usage(input_tokens=1, output_tokens=2), ending=ev.Completed())
    reply = CODEC.encode_response(REQUEST, answer, IDS)
    told = SdkResponse.construct(**json.loads(reply.body))
    assert (reply.status, told.status, told.output_text) == (200, "completed", "hello")
    assert told.instructions == "be nice"
    assert [item.type for item in told.output] == ["message", "function_call"]
    assert told.usage is not None
    assert told.usage.total_tokens == 3


def test_an_incomplete_answer_is_a_200_that_says_so() -> None:
    reply = CODEC.encode_response(REQUEST, Response(ending=ev.Incomplete(reason="max_output_tokens")), IDS)
    body = json.loads(reply.body)
    assert (reply.status, body["status"]) == (200, "incomplete")
    assert body["incomplete_details"] == {"reason": "max_output_tokens"}


def test_a_failed_answer_is_an_http_error() -> None:
    failed = ev.Failed(failure=Failure(kind=FailureKind.CONTEXT_TOO_LONG, message="too long"))
    reply = CODEC.encode_response(REQUEST, Response(ending=failed), IDS)
    assert reply.status == 400
    assert json.loads(reply.body)["error"]["code"] == "context_length_exceeded"


def test_an_answer_without_an_end_is_an_error_too() -> None:
    assert CODEC.encode_response(REQUEST, Response(), IDS).status == 502


def test_a_codex_client_gets_the_limit_in_the_backends_words() -> None:
    limit = Failure(kind=FailureKind.USAGE_LIMIT, message="used up", plan_type="plus", resets_at=1_790_000_000.0)
    body = b'{"model":"gpt-5.4","input":"x"}'
    headers = {"user-agent": "codex_exec/0.169.0 (Debian 12.0.0; x86_64)", "originator": "codex_exec"}
    codec = ResponsesServer()
    for told, kind in ((headers, "usage_limit_reached"), ({}, "rate_limit_error")):
        request = codec.parse_request(body, headers=told).request
        reply = codec.encode_failure(limit, request_id="req", request=request)
        assert (reply.status, json.loads(reply.body)["error"]["type"]) == (429, kind)
    assert json.loads(codec.encode_failure(limit, request_id="req").body)["error"]["type"] == "rate_limit_error"
