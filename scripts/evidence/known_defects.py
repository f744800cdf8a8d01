"""Defects of recordings, not of ours: what a miss is excused by.

Rules of this file: an entry is keyed by a property of the recording, so that it holds for files nobody has seen; it
names the stage and the facts it excuses, and says why.  An entry that excuses nothing any more is deleted.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from scripts.evidence.recording import Recording


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """One defect: misses whose stage and reason match, of recordings that have the property."""

    why: str
    stage: re.Pattern[str]
    reason: re.Pattern[str]
    applies: Callable[[Recording], bool]


DEFECTS: tuple[Defect, ...] = ()


def excuse(recording: Recording, stage: str, reason: str) -> str | None:
    """Why this miss is the recording's own fault, or None."""
    for defect in DEFECTS:
        if defect.stage.search(stage) and defect.reason.search(reason) and defect.applies(recording):
            return defect.why
    return None
