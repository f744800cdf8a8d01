"""Token counts of one answer, as the upstream reported them, and the estimate where nobody counted."""

import math
from typing import Final, TypeVar

import msgspec

from codex_proxy.canonical.blocks import JsonObject

MOST_TOKENS: Final = 10_000_000_000
"""Of one answer; an upstream that tells more tells nonsense, which no database could add up."""
BYTES_PER_TOKEN: Final = 3.6  # English prose and code, o200k vocabulary

Counts = TypeVar("Counts", "ImageUsage", "Usage")


def tokens_of_size(size_bytes: int) -> int:
    """Tokens of text that nobody counted, from its size in UTF-8; an estimate, rounded up."""
    return math.ceil(size_bytes / BYTES_PER_TOKEN)


class ImageUsage(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens of the image generation tool, counted apart from the model's.

    ``input_tokens`` are those of text and of pictures together.
    """

    input_tokens: int = 0
    text_input_tokens: int = 0
    image_input_tokens: int = 0
    output_tokens: int = 0
    total_tokens: int = 0
    extra: JsonObject = {}


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens.

    ``input_tokens`` includes ``cached_tokens``; ``output_tokens`` includes ``reasoning_tokens``.
    ``cache_write_tokens`` is None where the upstream does not say.  ``estimated`` marks counts made here.
    """

    input_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int | None = None
    output_tokens: int = 0
    reasoning_tokens: int = 0
    image: ImageUsage | None = None
    estimated: bool = False
    extra: JsonObject = {}

    @property
    def total_tokens(self) -> int:
        """Input plus output tokens."""
        return self.input_tokens + self.output_tokens


def believed(usage: Usage) -> Usage:
    """The same counts, each that no answer can have cut to one that can be kept."""
    image = usage.image
    kept = None if image is None else _cut(image, _OF_IMAGE)
    cut = _cut(usage, _OF_ANSWER)
    return cut if kept is image else msgspec.structs.replace(cut, image=kept)


_OF_ANSWER: Final = ("input_tokens", "cached_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens")
_OF_IMAGE: Final = ("input_tokens", "text_input_tokens", "image_input_tokens", "output_tokens", "total_tokens")


def _cut(counts: Counts, names: tuple[str, ...]) -> Counts:
    told = {name: getattr(counts, name) for name in names}
    wrong = {name: min(max(count, 0), MOST_TOKENS) for name, count in told.items() if count and not _is_count(count)}
    return msgspec.structs.replace(counts, **wrong) if wrong else counts


def _is_count(count: int) -> bool:
    return 0 <= count <= MOST_TOKENS
