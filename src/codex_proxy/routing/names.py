"""What a model name says by itself: its spellings, the suffixes at its end, its date.

Rules of this file: pure text; nothing here knows which models there are.  Suffixes come off from the right, in any
order, and of two that say the same thing the one nearer to the end holds.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import msgspec

EFFORT_SUFFIXES: Final = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
TIER_SUFFIXES: Final = {"fast": "priority", "flex": "flex"}
MAX_NAME_LENGTH: Final = 256  # the longest id seen is below 100; a longer text is nobody's model
MAX_SUFFIXES: Final = 8
LONG_CONTEXT_TOKENS: Final = 1_000_000
LONG_CONTEXT_MARK: Final = "[1m]"

PICTURE_MODELS: Final = re.compile(r"(?:gpt-image|chatgpt-image|dall-e)", re.IGNORECASE)
"""Beginnings of the names of models that make pictures and nothing else; a chat model hosts them."""

LOOKS_OPENAI: Final = re.compile(r"(?:gpt-|o\d|codex-|chatgpt-)[\w.:-]*", re.IGNORECASE)

_DATED: Final = re.compile(r"(?:-\d{4}-\d{2}-\d{2}|-\d{8}|@[\w.-]+)$")
_GEMINI_FOLDER: Final = "models/"
_LONG_CONTEXT: Final = re.compile(r"(?:\[1m\])+$", re.IGNORECASE)  # Claude Code's mark, which it may set twice
_LATEST: Final = ":latest"  # the tag that Ollama's clients add
_OPENAI_FOLDER: Final = "openai/"


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One way to read a name: without some of its suffixes, and what those asked for."""

    name: str
    effort: str | None = None
    tier: str | None = None


def spellings_of(text: str) -> tuple[str, ...]:
    """What a client may mean by ``text``, the fullest first; none where nothing is left of it."""
    full = _LONG_CONTEXT.sub("", text.strip().removeprefix(_GEMINI_FOLDER))
    plain = _LONG_CONTEXT.sub("", untagged(full))
    bare = plain.removeprefix(_OPENAI_FOLDER)
    return tuple(dict.fromkeys((full, plain, bare))) if bare else ()


def wants_long_context(text: str) -> bool:
    """Whether a name has the mark of a window of a million tokens."""
    return _LONG_CONTEXT.search(untagged(text.strip())) is not None


def readings_of(reading: Reading) -> Iterator[Reading]:
    """The reading itself, then without its last suffix, and so on."""
    yield reading
    for _ in range(MAX_SUFFIXES):
        rest, separator, word = reading.name.rpartition("-")
        if not (separator and rest and (word in EFFORT_SUFFIXES or word in TIER_SUFFIXES)):
            return
        reading = Reading(
            name=rest,
            effort=reading.effort or (word if word in EFFORT_SUFFIXES else None),
            tier=reading.tier or TIER_SUFFIXES.get(word),
        )
        yield reading


def untagged(name: str) -> str:
    """The name without the tag that Ollama's clients add; an id may have it too."""
    return name.removesuffix(_LATEST)


def undated(name: str) -> str:
    """The name without a date or version at its end; the same where it has none."""
    return _DATED.sub("", name)


def is_pattern(text: str) -> bool:
    """Whether a text stands for many names: ``*`` is any text, ``?`` one character."""
    return "*" in text or "?" in text


def matches(pattern: str, name: str) -> bool:
    """Whether the whole name is one that the pattern stands for."""
    return _compiled(pattern).fullmatch(name) is not None


def literal_length(pattern: str) -> int:
    """How many characters of a pattern stand for themselves; of two patterns that match, the longer one knows more."""
    return sum(character not in "*?" for character in pattern)


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    pieces = re.split(r"(\*+|\?)", pattern)  # a run of stars is one: two of them would only be slower
    return re.compile("".join(_expression(piece) for piece in pieces), re.DOTALL)


def _expression(piece: str) -> str:
    if piece.startswith("*"):
        return ".*"
    return "." if piece == "?" else re.escape(piece)
