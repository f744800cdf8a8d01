import json

import msgspec
import pytest

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Text
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.fold import AnswerPart, Response
from codex_proxy.canonical.request import Dialect
from codex_proxy.protocols.anthropic.server import AnthropicServer
from codex_proxy.protocols.base import InvalidRequest
from tests.protocols.anthropic.wire import IDS, STARTED, payloads, request

SERVER = AnthropicServer(window_of=lambda model: 200_000 if model == "claude-x" else None)
TOO_LONG = Failure(kind=FailureKind.CONTEXT_TOO_LONG, message="too much")


def answer(**members: object) -> Response:
    return Response(parts=(AnswerPart(block=Text(text="hi")),), **members)  # type: ignore[arg-type]


def test_it_speaks_its_dialect() -> None:
    assert SERVER.dialect is Dialect.ANTHROPIC
    parsed = SERVER.parse_request(b'{"model":"m","messages":[{"role":"user","content":"x"}]}', headers={})
    assert parsed.request.dialect is Dialect.ANTHROPIC
    with pytest.raises(InvalidRequest):
        SERVER.parse_request(b"[]", headers={})


def test_a_whole_answer() -> None:
    reply = SERVER.encode_response(request(), answer(ending=ev.Completed()), IDS)
    told = json.loads(reply.body)
    assert (reply.status, told["id"], told["content"][0]["text"]) == (200, "msg_abc", "hi")
    assert dict(reply.headers) == {"content-type": "application/json", "request-id": "req_1"}


def test_an_answer_without_an_end_is_an_error() -> None:
    assert SERVER.encode_response(request(), answer(), IDS).status == 502
    overloaded = ev.Failed(failure=Failure(kind=FailureKind.OVERLOADED, message="busy"))
    reply = SERVER.encode_response(request(), answer(ending=overloaded), IDS)
    assert (reply.status, json.loads(reply.body)["error"]["message"]) == (529, "busy")


def test_a_stream() -> None:
    ids = msgspec.structs.replace(IDS, input_tokens_estimate=7)
    told = payloads(SERVER.open_stream(request(), ids).encode([STARTED]))
    assert told[0]["message"]["usage"]["input_tokens"] == 7


def test_every_road_tells_a_prompt_too_long_with_the_models_window() -> None:
    words = "prompt is too long: 200001 tokens > 200000 maximum (too much)"
    reply = SERVER.encode_failure(TOO_LONG, request_id="r", request=request())
    assert (reply.status, json.loads(reply.body)["error"]["message"]) == (400, words)
    (told,) = payloads(SERVER.open_stream(request(), IDS).fail(TOO_LONG))
    assert told["error"]["message"] == words
    assert words not in json.loads(SERVER.encode_failure(TOO_LONG, request_id="r").body)["error"]["message"]
