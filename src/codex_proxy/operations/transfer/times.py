"""Times as files write them: ISO 8601.

Rules of this file: epoch seconds (UTC) here, text there; a text without a zone is UTC.
"""

from datetime import UTC, datetime


def iso(at: float) -> str:
    """A time in UTC with milliseconds, such as ``2026-11-26T00:00:00.000Z``."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_iso(text: str) -> float | None:
    """The time a text names; None where it names none since 1970."""
    try:
        told = datetime.fromisoformat(text.strip())
        at = (told if told.tzinfo is not None else told.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
    return at if at >= 0 else None
