"""Requests that ask for nothing but a model in memory."""

import json
from typing import Any

import pytest

from codex_proxy.protocols.ollama.loading import LoadRequest, load_reply, parse_load
from codex_proxy.protocols.ollama.schema import Endpoint

CHAT, GENERATE = Endpoint.CHAT, Endpoint.GENERATE


@pytest.mark.parametrize(
    ("endpoint", "members", "unload"),
    [
        (CHAT, {}, False),
        (CHAT, {"messages": []}, False),
        (CHAT, {"messages": None, "keep_alive": "5m"}, False),
        (CHAT, {"messages": [], "keep_alive": 0}, True),
        (CHAT, {"messages": [], "keep_alive": "0s"}, True),
        (CHAT, {"messages": [], "keep_alive": "0.5s"}, False),
        (CHAT, {"messages": [], "keep_alive": False}, False),
        (GENERATE, {"prompt": ""}, False),
        (GENERATE, {"keep_alive": "0"}, True),
        (GENERATE, {"keep_alive": -1}, False),
    ],
)
def test_a_request_without_content_loads(endpoint: Endpoint, members: dict[str, Any], unload: bool) -> None:
    body = json.dumps({"model": "m", **members}).encode()
    assert parse_load(body, endpoint) == LoadRequest(model="m", unload=unload)


@pytest.mark.parametrize(
    ("endpoint", "body"),
    [
        (CHAT, b'{"model":"m","messages":[{"role":"user","content":""}]}'),
        (GENERATE, b'{"model":"m","prompt":"x"}'),
        (GENERATE, b'{"model":"m","prompt":"","images":["aGk="]}'),
        (GENERATE, b'{"model":"m","suffix":"x"}'),
        (CHAT, b"{"),
        (CHAT, b"[]"),
        (CHAT, b"\xff"),
        (CHAT, b""),
    ],
)
def test_any_other_body_is_somebody_elses(endpoint: Endpoint, body: bytes) -> None:
    assert parse_load(body, endpoint) is None


def test_a_name_that_is_no_text_is_none() -> None:
    assert parse_load(b'{"model":5}', CHAT) == LoadRequest(model="")
    assert parse_load(b'{"name":"m"}', CHAT) == LoadRequest(model="m")


@pytest.mark.parametrize(
    ("endpoint", "content"), [(CHAT, {"message": {"role": "assistant", "content": ""}}), (GENERATE, {"response": ""})]
)
def test_the_answer_is_what_a_server_says(endpoint: Endpoint, content: dict[str, object]) -> None:
    shared = {"model": "m", "created_at": "1970-01-01T00:00:01.000000000Z", **content, "done": True}
    for unload, word in ((False, "load"), (True, "unload")):
        reply = load_reply(LoadRequest(model="m", unload=unload), endpoint, now_ns=1_000_000_000)
        assert json.loads(reply.body) == {**shared, "done_reason": word}
