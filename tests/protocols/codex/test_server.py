"""The backend's server role."""

import json

import pytest

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.fold import Response
from codex_proxy.canonical.request import Dialect
from codex_proxy.protocols.base import AnswerIds
from codex_proxy.protocols.codex.failures import parse_failure
from codex_proxy.protocols.codex.server import CodexServer

CODEC = CodexServer()
IDS = AnswerIds(token="t" * 24, created_at=1, request_id="req")


def test_whoever_asks_here_is_a_codex_client() -> None:
    parsed = CODEC.parse_request(b'{"model":"gpt-5.4","input":"hi","stream":true}', headers={})
    assert parsed.request.dialect is Dialect.CODEX
    assert parsed.request.is_codex_client


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (FailureKind.UNAUTHORIZED, 401),
        (FailureKind.DEACTIVATED, 402),
        (FailureKind.FORBIDDEN, 403),
        (FailureKind.MODEL_NOT_IN_PLAN, 400),
        (FailureKind.USAGE_LIMIT, 429),
        (FailureKind.RATE_LIMITED, 429),
        (FailureKind.OVERLOADED, 503),
        (FailureKind.INVALID_REQUEST, 400),
        (FailureKind.UNSUPPORTED_PARAMETER, 400),
        (FailureKind.FORM_REFUSED, 400),
    ],
)
def test_a_failure_is_told_so_that_the_client_role_reads_the_same_kind(kind: FailureKind, status: int) -> None:
    words = {
        FailureKind.MODEL_NOT_IN_PLAN: "The 'x' model is not supported when using Codex with a ChatGPT account.",
        FailureKind.UNSUPPORTED_PARAMETER: "Unsupported parameter: x",
        FailureKind.FORM_REFUSED: "Unsupported parameter: tools",
    }
    failure = Failure(kind=kind, message=words.get(kind, "no"), retry_after_seconds=9, resets_at=100.0)
    reply = CODEC.encode_failure(failure, request_id="req")
    assert reply.status == status
    assert parse_failure(reply.status, dict(reply.headers), reply.body).kind is kind


def test_an_expired_token_has_the_backends_body() -> None:
    failure = Failure(kind=FailureKind.UNAUTHORIZED, message="expired", code="token_expired")
    body = json.loads(CODEC.encode_failure(failure, request_id="req").body)
    assert body == {
        "error": {"message": "expired", "type": None, "code": "token_expired", "param": None},
        "status": 401,
    }


def test_a_stream_begins_and_ends_as_the_backends() -> None:
    request = CODEC.parse_request(b'{"model":"gpt-5.4","input":"hi","stream":true}', headers={}).request
    stream = CODEC.open_stream(request, IDS)
    told = stream.encode([ev.ResponseEnded(ending=ev.Completed())])
    assert told.startswith(b"event: response.created\n")
    assert b"event: response.completed\n" in told


def test_a_whole_answer_and_a_failed_one() -> None:
    request = CODEC.parse_request(b'{"model":"gpt-5.4","input":"hi"}', headers={}).request
    assert CODEC.encode_response(request, Response(ending=ev.Completed()), IDS).status == 200
    failed = ev.Failed(failure=Failure(kind=FailureKind.OVERLOADED, message="busy"))
    assert CODEC.encode_response(request, Response(ending=failed), IDS).status == 503
