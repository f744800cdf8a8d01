"""The translation ledger: what a codec dropped, approximated or invented.

Rules of this file: nothing is lost silently; a codec returns a note for each loss.  A *lossy* note means that content,
or a constraint the answer depends on, was dropped or changed; a *cosmetic* one means sampling values, length limits,
cache marks, metadata and the like.
"""

from enum import StrEnum

import msgspec


class Verdict(StrEnum):
    """What became of a field."""

    DROPPED = "dropped"
    APPROXIMATED = "approximated"
    INVENTED = "invented"
    EMULATED = "emulated"
    REPAIRED = "repaired"


class Weight(StrEnum):
    """Whether the answer depends on what was lost."""

    LOSSY = "lossy"
    COSMETIC = "cosmetic"


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """One entry: ``path`` is the field in the client's (or upstream's) own spelling, such as ``messages[2].name``."""

    path: str
    verdict: Verdict
    weight: Weight = Weight.COSMETIC
    detail: str = ""
