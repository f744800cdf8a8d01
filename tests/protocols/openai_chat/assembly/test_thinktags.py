"""Thoughts between tags at the start of a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.protocols.openai_chat.assembly.thinktags import ThinkTags


def split(text: str, sizes: list[int]) -> tuple[str, str]:
    """Thoughts and text, fed in pieces of these sizes."""
    tags, pieces, rest = ThinkTags(), [], text
    for size in sizes:
        pieces.extend(tags.feed(rest[:size]))
        rest = rest[size:]
    pieces.extend([*tags.feed(rest), *tags.end()])
    thoughts = "".join(piece for thinking, piece in pieces if thinking)
    return thoughts, "".join(piece for thinking, piece in pieces if not thinking)


@pytest.mark.parametrize(
    ("text", "thoughts", "answer"),
    [
        ("<think>why</think>\n\nbecause", "why", "because"),
        ("\n <think>why</think>because", "why", "because"),
        ("<think>unfinished", "unfinished", ""),
        ("<think>a < b </thin k></think>x", "a < b </thin k>", "x"),
        ("plain <think>not at the start</think>", "", "plain <think>not at the start</think>"),
        ("<thin", "", "<thin"),
        ("<thank you>", "", "<thank you>"),
        ("", "", ""),
    ],
)
def test_only_the_start_counts(text: str, thoughts: str, answer: str) -> None:
    assert split(text, []) == (thoughts, answer)


@given(
    st.sampled_from(["<think>one\n</think>\n\ntwo", "x<think>", "<think></think>", "<thinks>"]),
    st.lists(st.integers(0, 3)),
)
def test_every_cut_gives_the_same(text: str, sizes: list[int]) -> None:
    assert split(text, sizes) == split(text, [])
