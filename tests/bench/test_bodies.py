"""The large body: it is as large as promised, and every dialect says the same with it."""

import json

import pytest

from bench.bodies import BODIES, BYTES_PER_TOKEN, TOOL_COUNT, TURN_COUNT, WANTED_TOKENS, measure
from bench.bodies import CODECS as SERVERS
from codex_proxy.canonical.blocks import ToolCall, ToolResult


@pytest.mark.parametrize("dialect", BODIES)
def test_a_body_has_about_a_hundred_thousand_tokens(dialect: str) -> None:
    tokens = len(json.dumps(BODIES[dialect]())) / BYTES_PER_TOKEN
    assert WANTED_TOKENS * 0.95 < tokens < WANTED_TOKENS * 1.1


@pytest.mark.parametrize("dialect", BODIES)
def test_every_dialect_says_the_same_conversation(dialect: str) -> None:
    request = SERVERS[dialect]().parse_request(json.dumps(BODIES[dialect]()).encode(), headers={}).request
    blocks = [block for turn in request.turns for block in turn.blocks]
    assert len(request.tools) == TOOL_COUNT
    assert sum(isinstance(block, ToolCall) for block in blocks) == TURN_COUNT
    assert sum(isinstance(block, ToolResult) for block in blocks) == TURN_COUNT


def test_figures_are_of_the_same_body() -> None:
    figures = measure("chat", rounds=2)
    assert figures.body_bytes == len(json.dumps(BODIES["chat"]()))
    assert min(figures.parse_ms, figures.build_ms, figures.stdlib_ms) > 0
