"""What failures have in common: the shape of a message, and the signature that groups them.

Rules of this file: pure; numbers, ids and quoted texts are what differs between two messages of one shape.  What is
expected to happen (a limit, a client that left) is no error.
"""

import hashlib
import re
from typing import Final

from codex_proxy.canonical.failure import FailureKind

EXPECTED: Final = frozenset(
    {
        FailureKind.RATE_LIMITED,
        FailureKind.USAGE_LIMIT,
        FailureKind.KEY_LIMITED,
        FailureKind.BUDGET_SPENT,
        FailureKind.BUSY,
        FailureKind.STOPPING,
        FailureKind.BAD_KEY,
        FailureKind.UNKNOWN_PATH,
        FailureKind.METHOD_NOT_ALLOWED,
    }
)
"""Kinds that are counted and make no group."""

MOST_SHAPE: Final = 300
_ID: Final = re.compile(r"\b(?=[\w-]*\d)[A-Za-z]*[_-]?[0-9a-fA-F][\w-]{7,}\b")
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)*")
_QUOTED: Final = re.compile(r"'[^']{1,200}'|\"[^\"]{1,200}\"|`[^`]{1,200}`")


def shape_of(message: str) -> str:
    """A message without what differs from one to the next."""
    told = _QUOTED.sub("'…'", " ".join(message.split()))
    return _NUMBER.sub("#", _ID.sub("<id>", told))[:MOST_SHAPE]


def signature_of(*parts: str) -> str:
    """A short name for what these parts say together."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:16]
