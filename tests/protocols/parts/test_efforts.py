"""Efforts a model does not have become ones it has."""

import pytest

from codex_proxy.canonical.notes import Note, Weight
from codex_proxy.protocols.parts.efforts import SCALE, clamp_effort, effort_of_budget, known_effort


@pytest.mark.parametrize(
    ("wanted", "listed", "sent"),
    [
        ("high", ("low", "medium", "high"), "high"),
        ("xhigh", ("low", "medium", "high"), "high"),
        ("minimal", ("low", "medium"), "low"),
        ("max", ("xhigh", "low"), "xhigh"),
        ("medium", (), "medium"),
        ("medium", ("galactic",), "medium"),
        ("galactic", ("low", "medium"), None),
    ],
)
def test_the_nearest_lower_level_that_the_model_has_is_asked_for(
    wanted: str, listed: tuple[str, ...], sent: str | None
) -> None:
    assert clamp_effort(wanted, listed) == sent


@pytest.mark.parametrize(
    ("budget_tokens", "effort"),
    [(-1, None), (0, "none"), (1, "minimal"), (1024, "low"), (1025, "medium"), (24_576, "high"), (24_577, "xhigh")],
)
def test_a_thinking_budget_means_an_effort(budget_tokens: int, effort: str | None) -> None:
    assert effort_of_budget(budget_tokens) == effort


def test_a_larger_budget_never_means_less_effort() -> None:
    efforts = [effort_of_budget(tokens) for tokens in range(0, 40_000, 100)]
    ranks = [SCALE.index(effort) for effort in efforts if effort is not None]
    assert ranks == sorted(ranks)


@pytest.mark.parametrize("word", [*SCALE, None])
def test_a_word_of_the_scale_or_none_at_all_needs_no_note(word: str | None) -> None:
    notes: list[Note] = []
    assert known_effort(word, "effort", notes) == word
    assert notes == []


def test_a_word_outside_the_scale_counts_as_not_said_and_is_noted() -> None:
    notes: list[Note] = []
    assert known_effort("banana" * 100, "reasoning.effort", notes) is None
    (note,) = notes
    assert (note.path, note.weight) == ("reasoning.effort", Weight.COSMETIC)
    assert note.detail.startswith("'bananabanana")
    assert len(note.detail) < 100
