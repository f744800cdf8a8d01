"""The question for input tokens: a Responses body of which everything may be missing."""

import json
from typing import Any

import pytest

from codex_proxy.canonical.blocks import Text
from codex_proxy.canonical.request import Request
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.openai_responses.counting import encode_count, parse_count_request


def parsed(**members: Any) -> Request:
    return parse_count_request(json.dumps(members).encode(), headers={}).request


def texts(request: Request) -> list[str]:
    return [block.text for turn in request.turns for block in turn.blocks if isinstance(block, Text)]


def test_a_request_is_read_as_ever() -> None:
    request = parsed(model="gpt-5.4", input="hi", instructions="be brief", tools=[{"type": "function", "name": "f"}])
    assert (request.model, request.instructions, texts(request), len(request.tools)) == (
        "gpt-5.4",
        "be brief",
        ["hi"],
        1,
    )


@pytest.mark.parametrize("input_", [{}, {"input": None}, {"input": []}])
def test_without_input_the_rest_can_be_counted(input_: dict[str, Any]) -> None:
    assert parsed(tools=[{"type": "function", "name": "f"}], **input_).turns == ()
    assert parsed(instructions="be brief", **input_).instructions == "be brief"
    listed = parsed(instructions=[{"role": "developer", "content": "be brief"}], **input_)
    assert texts(listed) == ["be brief"]


def test_an_empty_body_is_an_empty_request() -> None:
    assert parsed().turns == ()


def test_what_is_not_stored_cannot_be_counted() -> None:
    with pytest.raises(InvalidRequest) as refused:
        parsed(input="hi", previous_response_id="resp_1")
    assert (refused.value.path, refused.value.code) == ("previous_response_id", "previous_response_not_found")
    with pytest.raises(InvalidRequest, match="conversation"):
        parsed(input="hi", conversation="conv_1")


def test_a_wrong_member_is_named() -> None:
    with pytest.raises(InvalidRequest) as refused:
        parsed(input=7)
    assert refused.value.path == "input"


def test_the_answer_is_the_apis() -> None:
    reply = encode_count(42)
    assert (reply.status, json.loads(reply.body)) == (200, {"object": "response.input_tokens", "input_tokens": 42})
