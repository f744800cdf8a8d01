"""What may be a password of the dashboard.

Rules of this file: pure; any characters of any script, one spelling of each (Unicode NFC); length is what counts.
"""

import unicodedata
from typing import Final

from codex_proxy.access.samples import is_sample

LEAST_CHARACTERS: Final = 10
SURELY_OWN: Final = 20  # a sentence may well have the word password in it
MOST_BYTES: Final = 1024  # hashing reads all of them


def spelled(password: str) -> str:
    """The spelling that is hashed, whichever way the keyboard makes its letters."""
    return unicodedata.normalize("NFC", password)


def why_not(password: str) -> str | None:
    """Why this may not be a password, None where it may."""
    text = spelled(password)
    if len(text) < LEAST_CHARACTERS:
        return f"a password needs {LEAST_CHARACTERS} or more characters"
    if len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        return f"a password may have {MOST_BYTES} bytes at most"
    if len(text) < SURELY_OWN and is_sample(text):
        return "this password is a sample that others know; choose another"
    return None
