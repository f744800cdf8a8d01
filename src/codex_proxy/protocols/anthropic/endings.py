"""How an answer ends, in the wire's words and back.

Rules of this file: pure tables; an unknown reason is never a whole answer.  Source: Anthropic API reference, stop
reasons; recorded answers.
"""

from typing import Final

from codex_proxy.canonical import events as ev

_STOP_REASONS: Final = {
    "max_output_tokens": "max_tokens",
    "content_filter": "refusal",
    "max_messages": "pause_turn",
    "steered": "end_turn",
    "compaction": "compaction",
}
_WHOLE: Final = frozenset({"end_turn", "tool_use", "stop_sequence"})
_REASONS: Final = {
    "max_tokens": "max_output_tokens",
    "model_context_window_exceeded": "max_output_tokens",
    "refusal": "content_filter",
    "pause_turn": "max_messages",
}


def stop_reason(ending: ev.Completed | ev.Incomplete, *, called: bool, refused: bool) -> tuple[str, str | None]:
    """``stop_reason`` and ``stop_sequence``; ``called`` says whether the client must run a tool."""
    if isinstance(ending, ev.Incomplete):
        return _STOP_REASONS.get(ending.reason, "max_tokens"), None
    if ending.stop_sequence is not None:
        return "stop_sequence", ending.stop_sequence
    if refused:
        return "refusal", None
    return ("tool_use" if called else "end_turn"), None


def unworded(ending: ev.Completed | ev.Incomplete) -> str | None:
    """The reason for which the answer was cut, where the wire has no word for it."""
    return ending.reason if isinstance(ending, ev.Incomplete) and ending.reason not in _STOP_REASONS else None


def ending_of(reason: str, stop_sequence: object) -> ev.Completed | ev.Incomplete:
    """The ending that a vendor's ``stop_reason`` means."""
    if reason in _WHOLE:
        cut = stop_sequence if isinstance(stop_sequence, str) else None
        return ev.Completed(stop_sequence=cut if reason == "stop_sequence" else None)
    return ev.Incomplete(reason=_REASONS.get(reason, reason))
