"""Refusals of bodies."""

from typing import Any

import pytest

from codex_proxy.protocols.codex.strictness.body import check_body, check_compact_body
from codex_proxy.protocols.codex.strictness.refusal import Refused
from tests.protocols.codex.strictness.ground import GROUND, HELLO, body, refusal_of


def test_what_the_real_client_sends_is_accepted() -> None:
    members = body(
        instructions="be nice",
        tools=[{"type": "function", "name": "look", "parameters": {"type": "object", "properties": {}}}],
        tool_choice="auto",
        parallel_tool_calls=True,
        reasoning={"effort": "low", "summary": "auto"},
        include=["reasoning.encrypted_content"],
        service_tier="priority",
        prompt_cache_key="session",
        text={"verbosity": "low"},
        client_metadata={"a": "b"},
    )
    assert refusal_of(members) is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"temperature": 1}, "Unsupported parameter: temperature"),
        ({"store": True}, "Store must be set to false"),
        ({"store": ...}, "Store must be set to false"),
        ({"stream": False}, "Stream must be set to true"),
        ({"model": "gpt-1"}, "The 'gpt-1' model is not supported when using Codex with a ChatGPT account."),
        ({"instructions": None}, "Instructions are required"),
        ({"input": "hi"}, "Input must be a list"),
        ({"service_tier": "fast"}, "Unsupported service_tier: fast"),
        ({"input": []}, "Missing required parameter: 'input'."),
        (
            {"reasoning": {"effort": "xhigh"}},
            "Unsupported value: 'xhigh' is not supported with the 'gpt-5.4' model. Supported",
        ),
        ({"prompt_cache_key": "x" * 65}, "Invalid 'prompt_cache_key': string too long."),
        ({"text": {"format": {"type": "json_object"}}}, "Response input messages must contain the word 'json'"),
        (
            {"text": {"format": {"type": "json_schema", "name": "a"}}},
            "Missing required parameter: 'text.format.schema'.",
        ),
        ({"text": {"verbosity": "loud"}}, "Invalid value: 'loud'."),
        ({"include": ["everything"]}, "Invalid value: 'everything'."),
        ({"tool_choice": {"type": "function", "name": "gone"}}, "Tool choice 'gone' not found in 'tools' parameter."),
    ],
)
def test_what_the_backend_refuses_is_refused_in_its_words(changes: dict[str, Any], message: str) -> None:
    refused = refusal_of(body(**changes))
    assert refused is not None
    assert refused[0] == 400
    assert refused[1].startswith(message)


def test_the_word_json_anywhere_in_a_message_is_enough() -> None:
    said = {"role": "developer", "content": "Answer in JSON."}
    assert refusal_of(body(input=[said, HELLO], text={"format": {"type": "json_object"}})) is None


def test_a_compaction_takes_fewer_members() -> None:
    check_compact_body({"model": "gpt-5.4", "input": [HELLO], "instructions": "x"}, GROUND)
    with pytest.raises(Refused, match="stream"):
        check_compact_body(body(), GROUND)
    check_body(body(), GROUND)
