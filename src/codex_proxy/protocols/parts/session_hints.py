"""Which conversation a request belongs to: by what its client says, else by how the conversation begins.

Rules of this file: headers before body fields, these before the user's name where the owner trusts it, and that before
the derived id; ids are taken as they are and never logged.  A derived id stays the same for every turn of a
conversation: it looks at nothing that a later turn adds or a client changes from run to run.  Source: headers seen from
Claude Code, Codex CLI, opencode and others; captures of their turns.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Final

from codex_proxy.canonical.blocks import Text
from codex_proxy.canonical.request import Request, Role, Turn

WINDOW_HEADER: Final = "x-codex-window-id"

CONVERSATION_HEADERS: Final = (
    "session-id",
    "session_id",
    "conversation-id",
    "conversation_id",
    "x-session-id",
    "x-conversation-id",
    "x-claude-code-session-id",
    WINDOW_HEADER,
    "x-session-affinity",
    "x-opencode-session",
)

DERIVED_PREFIX: Final = "begins-"
INSTRUCTIONS_CHARACTERS: Final = 2000  # what follows names the date, the folder, the state of the repository

_MAX_ID_LENGTH: Final = 256
_WINDOW_COUNT: Final = re.compile(r":\d+$")
_REMINDERS: Final = re.compile(r"(?:\s*<system-reminder>.*?</system-reminder>)+\s*", re.DOTALL)
_LEADING: Final = frozenset({Role.SYSTEM, Role.DEVELOPER})


def conversation_id(headers: Mapping[str, str], *body_hints: object) -> str | None:
    """The first usable id among the headers, then among the body's hints."""
    told = (_in_header(headers, name) for name in CONVERSATION_HEADERS)
    return next((found for value in (*told, *body_hints) if (found := _usable(value)) is not None), None)


def conversation_of(request: Request, *, family: str, trust_user: bool) -> str | None:
    """The conversation of a parsed request; None where nothing tells it from any other.

    ``family`` is the model that serves, whatever the client calls it; ``trust_user`` says that the body's ``user`` is
    somebody's, not the same constant on every request.
    """
    session = request.session
    user = _usable(session.user) if trust_user else None
    return session.conversation_id or user or derived_id(request, family=family)


def derived_id(request: Request, *, family: str) -> str | None:
    """An id made of how the conversation begins: model family, head of the instructions, first user text."""
    spoken = _first_user_text(request)
    if not spoken:
        return None
    head = "\n\n".join(_instructions(request))[:INSTRUCTIONS_CHARACTERS]
    beginning = f"{family}\0{head}\0{spoken}".encode("utf-8", "replace")
    return DERIVED_PREFIX + hashlib.sha256(beginning).hexdigest()[:32]


def _in_header(headers: Mapping[str, str], name: str) -> str | None:
    value = headers.get(name)
    if value is None or name != WINDOW_HEADER:
        return value
    return _WINDOW_COUNT.sub("", value)  # counts compactions, which end no conversation


def _usable(value: object) -> str | None:
    return value.strip() if isinstance(value, str) and 0 < len(value.strip()) <= _MAX_ID_LENGTH else None


def _instructions(request: Request) -> Iterator[str]:
    if request.instructions:
        yield request.instructions
    for turn in request.turns:
        if turn.role not in _LEADING:
            return
        yield from _texts(turn)


def _first_user_text(request: Request) -> str:
    """What the first user turn says, without the reminders a client puts before it."""
    first = next((turn for turn in request.turns if turn.role is Role.USER), None)
    if first is None:
        return ""
    texts = list(_texts(first))
    for place, text in enumerate(texts):
        if own := _without_reminders(text):
            return "\n\n".join([own, *texts[place + 1 :]])
    return ""


def _without_reminders(text: str) -> str:
    found = _REMINDERS.match(text)
    return text[found.end() :] if found else text.lstrip()


def _texts(turn: Turn) -> Iterator[str]:
    return (block.text for block in turn.blocks if isinstance(block, Text))
