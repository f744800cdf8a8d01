"""Shapes of the text completions wire: the object, whole or in pieces, and the stream's grammar.

Source: OpenAI API reference, completions.
"""

from typing import Final

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.protocols.base import AnswerIds
from codex_proxy.protocols.parts.legality import Grammar

# ``open`` is never written: the first piece of text begins the stream by itself.
GRAMMAR: Final = Grammar(
    start="open",
    free=frozenset({"text"}),
    finish=frozenset({"finish", "error"}),
    after=frozenset({"usage", "done"}),
    before=frozenset({"error"}),
)

_ID_PREFIX: Final = "cmpl-"


def completion_object(ids: AnswerIds, model: str) -> JsonObject:
    """The members that the whole object and every piece of it share."""
    return {
        "id": _ID_PREFIX + ids.token,
        "object": "text_completion",
        "created": ids.created_at,
        "model": model,
        "system_fingerprint": None,
    }


def choice_object(text: str, finish_reason: str | None) -> JsonObject:
    """The only choice, or a piece of it."""
    return {"index": 0, "text": text, "logprobs": None, "finish_reason": finish_reason}
