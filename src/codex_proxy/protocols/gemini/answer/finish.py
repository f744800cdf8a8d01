"""How an answer ends in Gemini's words: finish reasons, and blocked prompts.

Rules of this file: a call whose arguments make no sense ends the answer as malformed, unless the answer was cut off
anyway; a refusal of the prompt by policy before any output is no error but ``promptFeedback``.
"""

from typing import Final

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import JsonObject, ToolCall
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.protocols.gemini.answer.calls import malformed_message

_INCOMPLETE: Final = {"max_output_tokens": "MAX_TOKENS", "content_filter": "SAFETY"}
_OTHER: Final = "OTHER"


def finish_members(ending: ev.Completed | ev.Incomplete, malformed: ToolCall | None) -> JsonObject:
    """``finishReason``, and ``finishMessage`` where the reason alone does not say enough."""
    if isinstance(ending, ev.Incomplete):
        reason = _INCOMPLETE.get(ending.reason, _OTHER)
        return {"finishReason": reason} | ({"finishMessage": ending.reason} if reason == _OTHER else {})
    if malformed is not None:
        return {"finishReason": "MALFORMED_FUNCTION_CALL", "finishMessage": malformed_message(malformed)}
    return {"finishReason": "STOP"}


def is_blocked(failure: Failure) -> bool:
    """Whether the prompt itself was refused."""
    return failure.kind is FailureKind.POLICY


def blocked_prompt(failure: Failure) -> JsonObject:
    """The ``promptFeedback`` of a refused prompt."""
    return {"blockReason": "PROHIBITED_CONTENT", "blockReasonMessage": failure.message}
