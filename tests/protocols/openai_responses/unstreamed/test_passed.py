"""Passed endpoints in the server role."""

import pytest

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Text
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.fold import AnswerPart, Response
from codex_proxy.protocols.base import AnswerIds, InvalidRequest, ServerCodec
from codex_proxy.protocols.openai_responses.unstreamed.passed import PassedRequest, PassedServer

IDS = AnswerIds(token="t" * 24, created_at=7, request_id="req_1")
CODEX = {"originator": "codex_exec", "session-id": "s"}


def parsed(body: bytes) -> PassedRequest:
    request = PassedServer("alpha/search").parse_request(body, headers=CODEX).request
    assert isinstance(request, PassedRequest)
    return request


def test_nothing_of_the_body_is_understood_but_the_model() -> None:
    body = b'{"model": "m", "input": 7, "stream": true}'
    request = parsed(body)
    assert (request.model, request.endpoint, request.body) == ("m", "alpha/search", body)
    assert request.members["input"] == 7
    assert (request.turns, request.stream) == ((), False)
    assert request.session.conversation_id == "s"
    assert request.is_codex_client


@pytest.mark.parametrize("body", [b"{}", b'{"model": 7}', b'{"model": null}'])
def test_without_a_model_the_default_chooses_the_account(body: bytes) -> None:
    assert parsed(body).model == ""


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff"])
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequest):
        parsed(body)


def test_the_text_of_the_answer_is_the_body() -> None:
    codec: ServerCodec = PassedServer("alpha/search")
    response = Response(parts=(AnswerPart(block=Text(text='{"a": "ä"}')),), ending=ev.Completed())
    reply = codec.encode_response(parsed(b"{}"), response, IDS)
    assert (reply.status, reply.body) == (200, '{"a": "ä"}'.encode())
    failed = Response(ending=ev.Failed(failure=Failure(kind=FailureKind.TIMEOUT, message="late")))
    assert codec.encode_response(parsed(b"{}"), failed, IDS).status == 504
