"""Thoughts as one text."""

from codex_proxy.canonical import events as ev
from codex_proxy.protocols.parts.answers.thoughts import ThoughtText


def delta(block: int, text: str, part: int = 0, *, raw: bool = False) -> ev.ThinkingDelta:
    return ev.ThinkingDelta(block=block, text=text, part=part, raw=raw)


def test_parts_and_items_are_kept_apart() -> None:
    joiner = ThoughtText()
    told = [delta(0, "a"), delta(0, "b"), delta(0, "c", 1), delta(1, "d"), delta(1, "")]
    assert "".join(map(joiner.add, told)) == "ab\n\nc\n\nd"


def test_raw_thoughts_are_told_only_without_a_summary() -> None:
    joiner = ThoughtText()
    assert [joiner.add(delta(0, "a")), joiner.add(delta(0, "x", raw=True))] == ["a", ""]
    assert joiner.add(delta(1, "y", raw=True)) == "\n\ny"
