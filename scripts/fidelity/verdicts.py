"""What a try can end in, and how the end of a request's try is told apart.

Rules of this file: nothing is believed, everything is looked for: a feature counts as mapped only if it stands in what
went upstream in that upstream's own words, as told otherwise only if it stands there in others, as ignored only if a
note says so; what is in none of these places was lost silently, which fails tests.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.canonical.request import Request

MARK = "zq-mark"
"""Stands in whatever has to arrive; occurs nowhere else."""

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mM4wcAAAAMEAQFRj3e9AAAAAElFTkSuQmCC"


_ADDED = frozenset({Verdict.INVENTED, Verdict.REPAIRED})
"""What notes say of something that was put in; they tell of no loss."""


class Fate(StrEnum):
    """What becomes of a feature."""

    MAPPED = "mapped"
    REFORMED = "in another form"
    EMULATED = "emulated"
    NOTED = "ignored with note"
    LOSSY = "lost with note"
    REJECTED = "rejected"
    COSMETIC = "no effect"
    ABSENT = "not in the dialect"
    SILENT = "lost silently"


Evidence = Callable[[dict[str, Any], str], bool]
"""Whether the upstream's body, as an object and as text, holds the feature."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Where a feature shows in what one upstream was sent: in its own words, or else in others."""

    native: Evidence
    otherwise: Evidence | None = None


def mark_in(_: dict[str, Any], text: str) -> bool:
    """Whether the mark arrived, wherever."""
    return MARK in text


ANYWHERE = Trace(native=mark_in)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """A feature of requests: its name, and how the gateway itself may see to it.

    ``in_request`` looks at the canonical request, for what the gateway does itself where the upstream cannot;
    ``has_no_effect`` says that leaving it out changes nothing that anybody could see.
    """

    name: str
    in_request: Callable[[Request], bool] | None = None
    has_no_effect: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of a request: its canonical form and the upstream's body, unless it was refused, and the notes.

    ``emulates`` says that the gateway does what this upstream cannot.
    """

    request: Request | None = None
    body: str | None = None
    notes: frozenset[Note] = frozenset()
    emulates: bool = False


def fate_of_request(feature: Feature, trace: Trace, tried: Tried) -> Fate:
    """Whether the feature went upstream, is seen to by the gateway, or where else it went."""
    if tried.body is None or tried.request is None:
        return Fate.REJECTED
    body = msgspec.json.decode(tried.body)
    if trace.native(body, tried.body):
        return Fate.MAPPED
    if tried.emulates and feature.in_request is not None and feature.in_request(tried.request):
        return Fate.EMULATED
    if trace.otherwise is not None and trace.otherwise(body, tried.body):
        return Fate.REFORMED
    return fate_of_notes(tried.notes, harmless=feature.has_no_effect)


def fate_of_notes(notes: Iterable[Note], *, harmless: bool = False) -> Fate:
    """What the notes say of something that did not arrive; ``harmless`` is what nobody could miss."""
    weights = {note.weight for note in notes if note.verdict not in _ADDED}
    if Weight.LOSSY in weights:
        return Fate.LOSSY
    if weights:
        return Fate.NOTED
    return Fate.COSMETIC if harmless else Fate.SILENT
