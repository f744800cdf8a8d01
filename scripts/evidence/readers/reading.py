"""What a reader makes of an answer, and what it may stumble over.

Rules of this file: pure values, shared by all readers.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from codex_proxy.canonical.blocks import JsonObject
from scripts.evidence.readers.answer import Answer

SDK_FAULTS = (AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
_SHOWN_CHARACTERS = 160


class Rejected(Exception):
    """The SDK cannot read these bytes, or reads them in a way that no vendor means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one reader makes of an answer.

    ``output`` are the whole items of a Responses answer, or the content blocks of a message; ``finish`` the wire's
    finish reason, where the reader keeps it; ``source`` names the reader.
    """

    answer: Answer
    source: str
    output: tuple[JsonObject, ...] = ()
    finish: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """The exception that an SDK raises for an HTTP error: the names of its class and their bases, and its words."""

    names: tuple[str, ...]
    message: str


def raised(error: Exception, message: str) -> Raised:
    """The exception as a value."""
    return Raised(names=tuple(base.__name__ for base in type(error).__mro__), message=message)


@contextmanager
def reading() -> Iterator[None]:
    """The SDK warns about vendors' unknown words; what it cannot do at all becomes ``Rejected``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except SDK_FAULTS as fault:
            raise Rejected(f"{type(fault).__name__}: {str(fault)[:_SHOWN_CHARACTERS]}") from None
