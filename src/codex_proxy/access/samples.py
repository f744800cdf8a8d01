"""Secrets that everybody knows: those of samples, templates and documentation.

Rules of this file: pure; a secret is a sample by its words or for want of any variety, however long it is.  Source:
incidents with published sample keys; accounts-pitfalls, S-05.
"""

import re
from typing import Final

_WORDS: Final = re.compile(
    r"change[-_ ]?me|replace[-_ ]?(me|this|with)|your[-_ ]?(own[-_ ]?)?(secret|api|key|password|token|secure|random)"
    r"|example|placeholder|sample|insert[-_ ]|my[-_ ]?secret|secret[-_ ]?key|super[-_ ]?secret|password|passwort"
    r"|(?:0?123456789|abcdefghij|qwertyuiop)|dummy|test[-_ ]?key|sk-proxy-x|xxxx",
    re.IGNORECASE,
)
_KNOWN: Final = frozenset({"pwd", "sk-1234", "sk-proxy", "admin", "codex-proxy", "letmein"})
_LEAST_DIFFERENT: Final = 6
_LONG: Final = 10


def is_sample(secret: str) -> bool:
    """Whether others may know this secret, be it as long as one should be."""
    text = secret.strip()
    return (
        text.lower() in _KNOWN
        or _WORDS.search(text) is not None
        or (len(text) >= _LONG and len(set(text)) < _LEAST_DIFFERENT)
    )
