"""What every encoder of an answer keeps: the machine that holds it to the grammar, and the ledger of what it left out.

Rules of this file: one note for each path, however often an answer has what the dialect cannot say.  Nothing here runs
for an event that is told.
"""

from typing import TypeAlias

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.protocols.base import EVENT_STREAM
from codex_proxy.protocols.parts.legality import Grammar, Legality

Silent: TypeAlias = (
    ev.ResponseStarted
    | ev.TextStarted
    | ev.RefusalStarted
    | ev.RefusalEnded
    | ev.ThinkingStarted
    | ev.HostedStarted
    | ev.ImagePartial
    | ev.RateLimitsObserved
)
"""Events that write nothing where blocks do not begin and end on the wire."""


class Telling:
    """The members of ``ServerStream`` that say what a stream is and how faithful; an encoder adds what it says."""

    content_type: str = EVENT_STREAM

    def __init__(self, grammar: Grammar) -> None:
        self._legality = Legality(grammar)
        self._notes: dict[str, Note] = {}

    @property
    def notes(self) -> tuple[Note, ...]:
        """What this dialect could not say, so far."""
        return tuple(self._notes.values())

    @property
    def repairs(self) -> int:
        """How often the machine refused what was about to be said."""
        return self._legality.refused

    def _drop(self, path: str, detail: str = "", weight: Weight = Weight.COSMETIC) -> None:
        self._note(path, Verdict.DROPPED, detail, weight)

    def _approximate(self, path: str, detail: str) -> None:
        self._note(path, Verdict.APPROXIMATED, detail, Weight.LOSSY)

    def _note(self, path: str, verdict: Verdict, detail: str, weight: Weight) -> None:
        self._notes[path] = Note(path=path, verdict=verdict, weight=weight, detail=detail)


def pass_over(_event: Silent) -> None:
    """Write nothing; the type of the argument makes a match over the other events exhaustive."""
