"""A text without secrets: those known by value first, then members with secret names, then what looks like one."""

import re
from typing import Final

from codex_proxy.bootstrap.redaction import REDACTED, SECRET_NAMES, redact_text
from codex_proxy.bootstrap.secrecy.known import KnownSecrets
from codex_proxy.bootstrap.secrecy.streams import redact_deltas

_INNOCENT: Final = frozenset({"token"})  # a word of an answer, where its probabilities are told
_NAMES: Final = "|".join(sorted(re.escape(name) for name in SECRET_NAMES - _INNOCENT))
_MEMBER: Final = re.compile(rf'("(?:{_NAMES})"\s*:\s*")(?:[^"\\]|\\.)+', re.IGNORECASE)
_ESCAPED_MEMBER: Final = re.compile(rf'(\\+"(?:{_NAMES})\\+"\s*:\s*\\+")[^"\\]+', re.IGNORECASE)


class Redactor:
    """Redacts texts of any length; may be called in any thread."""

    def __init__(self, known: KnownSecrets) -> None:
        self._known = known

    def __call__(self, text: str) -> str:
        """``text`` without secrets."""
        told = redact_deltas(self._known.redact(text), self._known.spans)
        if '"' in told:
            told = _ESCAPED_MEMBER.sub(rf"\1{REDACTED}", _MEMBER.sub(rf"\1{REDACTED}", told))
        return redact_text(told)
