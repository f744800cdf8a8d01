"""What of a text two runs have in common."""

import pytest

from codex_proxy.canonical import events as ev
from codex_proxy.operations.capsules.essence import essence
from codex_proxy.protocols.anthropic.server import AnthropicServer
from codex_proxy.protocols.base import AnswerIds, ServerCodec
from codex_proxy.protocols.gemini.schema import Verb
from codex_proxy.protocols.gemini.server import GeminiServer
from codex_proxy.protocols.ollama.server import OllamaServer
from codex_proxy.protocols.openai_chat.server import ChatServer
from codex_proxy.protocols.openai_responses.server import ResponsesServer

ONE = '{"id":"chatcmpl-abc","created":1795722898,"choices":[{"message":{"content":"hello"}}]}'
OTHER = '{"id":"chatcmpl-xyz","created":1795799999,"choices":[{"message":{"content":"hello"}}]}'
SAID = b'"messages":[{"role":"user","content":"hi"}]'
ASKED: dict[str, tuple[ServerCodec, bytes]] = {
    "chat": (ChatServer(), b'{"model":"m","stream":true,' + SAID + b"}"),
    "silent chat": (ChatServer(heartbeat_chunks=True), b'{"model":"m","stream":true,' + SAID + b"}"),
    "responses": (ResponsesServer(), b'{"model":"m","stream":true,"input":"hi"}'),
    "anthropic": (AnthropicServer(), b'{"model":"m","stream":true,"max_tokens":9,' + SAID + b"}"),
    "gemini": (GeminiServer(model="m", verb=Verb.STREAM), b'{"contents":[{"parts":[{"text":"hi"}]}]}'),
    "ollama": (OllamaServer(), b'{"model":"m",' + SAID + b"}"),
}
EVENTS = (
    ev.ResponseStarted(response_id="resp_1", model="m", created_at=1),
    ev.TextStarted(block=0),
    ev.TextDelta(block=0, text="Good day."),
    ev.TextEnded(block=0, text="Good day."),
    ev.ResponseEnded(ending=ev.Completed()),
)


def test_ids_and_times_are_left_out_and_words_are_not() -> None:
    assert essence(ONE) == essence(OTHER)
    assert essence('{"text":"resp_1 and call_2"}') == essence('{"text":"resp_3 and call_4"}')
    assert essence('{"total_duration":12}') == essence('{"total_duration":14}')
    assert essence(ONE) != essence(ONE.replace("hello", "good day"))


def test_where_a_vendor_was_is_left_out() -> None:
    assert essence("acme (a.example) broke off", frozenset({"a.example"})) == "acme (…) broke off"


def test_an_estimate_of_the_prompt_is_left_out_and_its_count_is_not() -> None:
    start = '{"type":"message_start","message":{"id":"msg_1","usage":{"input_tokens":%d,"output_tokens":1}}}'
    end = '{"type":"message_delta","usage":{"input_tokens":%d,"output_tokens":1}}'
    assert essence(start % 7) == essence(start % 9)
    assert essence(end % 7) != essence(end % 9)
    assert essence(f"{start % 7}\n\n{end % 7}") != essence(f"{start % 7}\n\n{end % 9}")


@pytest.mark.parametrize("name", ASKED)
def test_what_fills_a_silence_is_left_out(name: str) -> None:
    codec, body = ASKED[name]
    request = codec.parse_request(body, headers={}).request
    told = []
    for is_slow in (False, True):
        stream = codec.open_stream(request, AnswerIds(token="t", created_at=1, request_id="req_1"))
        pieces = [stream.heartbeat()] if is_slow else []
        for event in EVENTS:
            pieces.append(stream.encode((event,)))
            pieces += [stream.heartbeat()] if is_slow else []
        told.append(b"".join([*pieces, stream.finish()]).decode())
    quick, slow = told
    assert quick != slow
    assert essence(quick) == essence(slow)
    assert essence(quick) != essence(slow.replace("Good day.", "Good night."))
