"""Whether a client's own body can go to a vendor as it is."""

import json
from typing import Any

import pytest

from codex_proxy.protocols.openai_responses.asking.passing import may_pass
from codex_proxy.protocols.openai_responses.asking.profile import ResponsesProfile
from codex_proxy.protocols.openai_responses.request.body import parse_request_object


def passes(profile: ResponsesProfile, **members: Any) -> bool:
    told = {"model": "m", "input": "hi"} | members
    body = json.dumps(told, separators=(",", ":")).encode()
    return may_pass(parse_request_object(told, headers={}).request, body, told.keys(), profile)


DEVELOPER = [{"type": "message", "role": "developer", "content": "d"}]
SYSTEM = [{"type": "message", "role": "system", "content": "s"}]
CUSTOM = [{"type": "custom", "name": "patch"}]
SEARCH = [{"type": "web_search"}]


@pytest.mark.parametrize(
    ("profile", "members"),
    [
        ({"refuses": ("temperature",)}, {"temperature": 1}),
        ({"refuses": ("reasoning.summary",)}, {"reasoning": {"effort": "low"}}),
        ({"refuses_thinking": ("top_p",)}, {"top_p": 1}),
        ({"streams_only": True}, {"stream": False}),
        ({"needs_instructions": True}, {}),
        ({"developer_role": False}, {"input": DEVELOPER}),
        ({"system_role": False}, {"input": SYSTEM}),
        ({"custom_tools": False}, {"tools": CUSTOM}),
        ({"hosted_tools": ()}, {"tools": SEARCH}),
    ],
)
def test_a_body_that_says_what_the_vendor_does_not_take_is_written_anew(
    profile: dict[str, Any], members: dict[str, Any]
) -> None:
    assert not passes(ResponsesProfile(**profile), **members)
    assert passes(ResponsesProfile(), **members)


def test_any_other_goes_as_it_is() -> None:
    profile = ResponsesProfile(
        refuses=("user",), streams_only=True, needs_instructions=True, hosted_tools=("web_search",)
    )
    function = {"type": "function", "name": "f", "parameters": {}}
    assert passes(profile, stream=True, instructions="i", tools=[*SEARCH, *CUSTOM, function], future=1)
