"""Which conversation a request belongs to, as far as its client says.

Rules of this file: headers before body fields; ids are taken as they are and never logged.  Source: headers seen from
Claude Code, Codex CLI, opencode and others.
"""

from collections.abc import Mapping
from typing import Final

CONVERSATION_HEADERS: Final = (
    "session-id",
    "session_id",
    "conversation-id",
    "conversation_id",
    "x-session-id",
    "x-conversation-id",
    "x-claude-code-session-id",
    "x-codex-window-id",
    "x-session-affinity",
    "x-opencode-session",
)

_MAX_ID_LENGTH: Final = 256


def conversation_id(headers: Mapping[str, str], *body_hints: object) -> str | None:
    """The first usable id among the headers, then among the body's hints."""
    for value in (*(headers.get(name) for name in CONVERSATION_HEADERS), *body_hints):
        if isinstance(value, str) and 0 < len(value.strip()) <= _MAX_ID_LENGTH:
            return value.strip()
    return None
