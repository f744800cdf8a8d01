"""What every upstream's error reply has in common: a body that may be anything, words to tell on, a wait.

Rules of this file: total.  What an upstream says is told on, cut to a bounded length and without anything that looks
like a key.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.parts.json_text import decode_value

_KEY: Final = re.compile(r"\b(?:sk|gsk|xai|csk|pplx)-[\w*.-]{6,}|\bAIza[\w-]{10,}|\bya29\.[\w.-]{10,}")
_MAX_MESSAGE_CHARACTERS: Final = 2000
_WAITS: Final = (("retry-after-ms", 1000.0), ("retry-after", 1.0))
_MAX_WAIT_SECONDS: Final = 1e9


def told_on(words: str) -> str:
    """An upstream's words as our client may see them."""
    return _KEY.sub("[key]", words)[:_MAX_MESSAGE_CHARACTERS]


def decoded(body: bytes) -> Any:
    """The body's JSON value; None where it is no JSON."""
    try:
        return decode_value(body)
    except InvalidRequest:
        return None


def wait_seconds(headers: Mapping[str, str]) -> float | None:
    """How long the upstream asks us to wait; a date counts as not said.  Header names are lower-case."""
    for name, divisor in _WAITS:
        try:
            seconds = float(headers[name]) / divisor
        except (KeyError, ValueError):
            continue
        if 0 <= seconds < _MAX_WAIT_SECONDS:
            return seconds
    return None
