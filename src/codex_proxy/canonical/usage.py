"""Token counts of one answer, as the upstream reported them, and the estimate where nobody counted."""

import math
from typing import Final

import msgspec

from codex_proxy.canonical.blocks import JsonObject

BYTES_PER_TOKEN: Final = 3.6  # English prose and code, o200k vocabulary


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
