"""Reasoning efforts: one rising scale, and the nearest level a model has.

Rules of this file: an effort never refuses a request; a level the model lacks becomes the nearest lower one it has,
or its lowest; a word outside the scale is ignored and noted.
"""

from collections.abc import Sequence
from typing import Final

from codex_proxy.canonical.notes import Note, Verdict

SCALE: Final = ("none", "minimal", "low", "medium", "high", "xhigh", "max")

BUDGET_LIMITS: Final = ((0, "none"), (512, "minimal"), (1024, "low"), (8192, "medium"), (24_576, "high"))
"""Thinking budgets in tokens, upper bound and effort; a larger budget is ``xhigh``."""

_SHOWN_CHARACTERS: Final = 40


def known_effort(word: str | None, path: str, notes: list[Note]) -> str | None:
    """The word if the scale has it; another one is noted under ``path`` and counts as not said."""
    if word is None or word in SCALE:
        return word
    notes.append(unknown_effort(word, path))
    return None


def unknown_effort(word: str, path: str) -> Note:
    """The note for a word outside the scale; how hard to think is no content, so it is a cosmetic one."""
    return Note(path=path, verdict=Verdict.DROPPED, detail=f"{word[:_SHOWN_CHARACTERS]!r} is no effort known here")


def clamp_effort(wanted: str, listed: Sequence[str]) -> str | None:
    """The level to ask a model for that lists ``listed``; None for a word outside the scale."""
    if wanted not in SCALE:
        return None
    known = [level for level in SCALE if level in listed]
    if not known or wanted in known:
        return wanted
    lower = [level for level in known if SCALE.index(level) < SCALE.index(wanted)]
    return lower[-1] if lower else known[0]


def effort_of_budget(budget_tokens: int) -> str | None:
    """The effort that a thinking budget means; None for -1, the upstream's own choice."""
    if budget_tokens < 0:
        return None
    return next((effort for limit, effort in BUDGET_LIMITS if budget_tokens <= limit), "xhigh")
