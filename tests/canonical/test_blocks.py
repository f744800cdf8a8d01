"""Blocks are values: equal by content, immutable, and safe to share."""

import pytest

from codex_proxy.canonical.blocks import DataSource, Image, Text, ToolResult


def test_blocks_compare_by_value() -> None:
    assert Text(text="a") == Text(text="a")
    assert Text(text="a") != Text(text="a", extra={"logprobs": []})


def test_blocks_are_frozen() -> None:
    block = Image(source=DataSource(media_type="image/png", data="AAAA"))
    with pytest.raises(AttributeError):
        block.detail = "high"  # type: ignore[misc]


def test_extras_of_two_blocks_are_not_shared() -> None:
    first, second = Text(text="a"), Text(text="b")
    first.extra["x"] = 1
    assert second.extra == {}


def test_a_tool_result_is_plain_text_unless_said_otherwise() -> None:
    assert ToolResult(call_id="c", parts=(Text(text="ok"),)).plain
