"""Whether a client's own body can go to a vendor as it is."""

import json
from typing import Any

import pytest

from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.protocols.openai_chat.asking.passing import changes_of, is_usage_chunk, may_pass
from codex_proxy.protocols.openai_chat.asking.profile import ChatProfile, ThinkingSwitch
from codex_proxy.protocols.parts.bodies.passing import members_of

HI = {"role": "user", "content": "hi"}


def passes(profile: ChatProfile, *, message: Any = HI, **members: Any) -> bool:
    body = json.dumps({"model": "m", "messages": [message]} | members, separators=(",", ":")).encode()
    return may_pass(body, members_of(body), profile)


@pytest.mark.parametrize(
    ("profile", "members"),
    [
        ({"passes": False}, {}),
        ({}, {"message": {"role": "assistant", "content": "cpx1.x"}}),
        ({"refuses": ("seed",)}, {"seed": 1}),
        ({"refuses_thinking": ("top_p",)}, {"top_p": 1}),
        ({"renames": {"seed": "random_seed"}}, {"seed": 1}),
        ({"max_tokens_field": "max_tokens"}, {"max_completion_tokens": 9}),
        ({"tools": False}, {"tools": []}),
        ({"tools": False}, {"functions": []}),
        ({"stream_options": False}, {"stream_options": {}}),
        ({"parallel_tool_calls": False}, {"parallel_tool_calls": True}),
        ({"thinking": (ThinkingSwitch.THINKING_TYPE,)}, {"reasoning_effort": "low"}),
        ({"effort_words": {"low": "default"}}, {"reasoning_effort": "low"}),
        ({"json_object": False}, {"response_format": {"type": "json_object"}}),
        ({"json_schema": False}, {"response_format": {"type": "json_schema"}}),
        ({"developer_role": False}, {"message": {"role": "developer", "content": "be brief"}}),
        ({"images": False}, {"message": {"role": "user", "content": [{"type": "image_url"}]}}),
    ],
)
def test_a_body_that_says_what_the_vendor_does_not_take_is_written_anew(
    profile: dict[str, Any], members: dict[str, Any]
) -> None:
    assert not passes(ChatProfile(**profile), **members)
    assert passes(ChatProfile(developer_role=True), **members) or "cpx1" in str(members) or "passes" in profile


def test_any_other_goes_as_it_is() -> None:
    told = {"max_tokens": 5, "seed": 1, "min_p": 0.1, "safe_prompt": True}
    assert passes(ChatProfile(refuses=("logprobs",), max_tokens_field="max_tokens"), **told)


@pytest.mark.parametrize(
    ("members", "options", "profile"),
    [
        ({}, {"include_usage": True}, ChatProfile()),
        ({"stream_options": {"x": 1}}, {"x": 1, "include_usage": True}, ChatProfile()),
        ({"stream_options": None}, {"include_usage": True}, ChatProfile()),
        ({}, None, ChatProfile(stream_options=False)),
    ],
)
def test_token_counts_are_asked_for_where_they_would_not_come(
    members: dict[str, Any], options: dict[str, Any] | None, profile: ChatProfile
) -> None:
    known = members_of(json.dumps(members).encode())
    asks = Request(dialect=Dialect.OPENAI_CHAT, model="m", turns=(), stream=True)
    assert changes_of(asks, known, profile).get("stream_options") == options
    whole = Request(dialect=Dialect.OPENAI_CHAT, model="m", turns=())
    counted = Request(dialect=Dialect.OPENAI_CHAT, model="m", turns=(), stream=True, include_usage=True)
    assert changes_of(whole, known, profile) == changes_of(counted, known, profile) == {}


@pytest.mark.parametrize(
    ("data", "counts"),
    [
        (b'{"choices":[],"usage":{"prompt_tokens":1}}', True),
        (b'{"choices":[],"usage":null}', False),
        (b'{"choices":[{"delta":{}}],"usage":{"prompt_tokens":1}}', False),
        (b'{"choices":[]}', False),
        (b'{"usage":', False),
    ],
)
def test_the_chunk_that_only_counts(data: bytes, counts: bool) -> None:
    assert is_usage_chunk(data) is counts
