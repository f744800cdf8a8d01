"""What time it was when a line was written."""

import json

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.fold import fold
from codex_proxy.protocols.base import AnswerIds, ServerCodec, ServerStream
from codex_proxy.protocols.ollama.server import OllamaServer
from codex_proxy.server.ollama.timing import TimedCodec

IDS = AnswerIds(token="t" * 24, created_at=0, request_id="r")
BODY = b'{"model":"m","messages":[{"role":"user","content":"x"}]}'
END = ev.ResponseEnded(ending=ev.Completed())


class Watch:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_stream_tells_how_long_it_took() -> None:
    watch = Watch()
    codec: ServerCodec = TimedCodec(OllamaServer(), watch)
    stream: ServerStream = codec.open_stream(codec.parse_request(BODY, headers={}).request, IDS)
    watch.now = 101.0
    assert json.loads(stream.heartbeat())["created_at"] == "1970-01-01T00:00:01.000000000Z"
    watch.now = 102.0
    stream.encode([ev.TextDelta(block=0, text="x")])
    watch.now = 105.0
    last = json.loads(stream.encode([END]))
    assert (last["prompt_eval_duration"], last["eval_duration"]) == (2_000_000_000, 3_000_000_000)
    assert stream.finish() == stream.fail(Failure(kind=FailureKind.INTERNAL, message="late")) == b""
    assert (stream.content_type, stream.notes, stream.repairs) == ("application/x-ndjson", (), 0)


def test_a_whole_answer_tells_how_long_it_took_at_all() -> None:
    watch = Watch()
    codec = TimedCodec(OllamaServer(), watch)
    request = codec.parse_request(BODY, headers={}).request
    watch.now = 104.0
    told = json.loads(codec.encode_response(request, fold([END]), IDS).body)
    assert (told["total_duration"], told["prompt_eval_duration"]) == (4_000_000_000, 0)
    assert told["created_at"] == "1970-01-01T00:00:04.000000000Z"


def test_failures_pass_through() -> None:
    reply = TimedCodec(OllamaServer(), Watch()).encode_failure(
        Failure(kind=FailureKind.BUSY, message="busy"), request_id="r"
    )
    assert (reply.status, json.loads(reply.body)) == (503, {"error": "busy"})
