"""The chat path with either body."""

import json

import pytest

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.fold import Response
from codex_proxy.canonical.request import Dialect
from codex_proxy.protocols.base import AnswerIds, InvalidRequest
from codex_proxy.protocols.openai_chat.server import ChatServer
from codex_proxy.protocols.openai_responses.server import ResponsesServer
from codex_proxy.server.api.cursor import ChatOrResponses

CODEC = ChatOrResponses(ChatServer, ResponsesServer())
IDS = AnswerIds(token="t" * 24, created_at=1, request_id="req")


@pytest.mark.parametrize(
    ("body", "dialect"),
    [
        ({"model": "m", "messages": [{"role": "user", "content": "hi"}]}, Dialect.OPENAI_CHAT),
        ({"model": "m", "input": [{"role": "user", "content": "hi"}]}, Dialect.OPENAI_RESPONSES),
        ({"model": "m", "input": "hi", "stream": True}, Dialect.OPENAI_RESPONSES),
    ],
)
def test_both_bodies_are_answered_as_chat(body: dict[str, object], dialect: Dialect) -> None:
    request = CODEC.parse_request(json.dumps(body).encode(), headers={}).request
    assert request.dialect is dialect
    assert [block.text for turn in request.turns for block in turn.blocks if hasattr(block, "text")] == ["hi"]
    assert b"chat.completion.chunk" in CODEC.open_stream(request, IDS).encode(
        [ev.TextStarted(block=0), ev.TextDelta(block=0, text="x")]
    )
    whole = json.loads(CODEC.encode_response(request, Response(ending=ev.Completed()), IDS).body)
    assert whole["object"] == "chat.completion"


def test_a_body_that_is_neither_is_refused_as_chat() -> None:
    with pytest.raises(InvalidRequest, match="messages"):
        CODEC.parse_request(b'{"model":"m"}', headers={})
    with pytest.raises(InvalidRequest):
        CODEC.parse_request(b'{"input"', headers={})


def test_failures_are_told_as_chats() -> None:
    reply = CODEC.encode_failure(Failure(kind=FailureKind.BUSY, message="m"), request_id="req")
    assert json.loads(reply.body)["error"]["code"] == "busy"
