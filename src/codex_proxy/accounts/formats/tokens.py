"""Which kind of token a text is, and how one is named without being told.

Rules of this file: pure; a token's text decides, unless the file says what it is.  Source: spec, accounts, 4.2.
"""

import re
from typing import Final

ACCESS_PREFIX: Final = "eyJ"  # base64url of '{"', with which every JWT begins
OTHER_KEYS: Final = ("sk-", "cp-", "cpa-", "codex-proxy-", "AIza", "gsk_")
SHORTEST: Final = 16
SHOWN: Final = 6

_BEARER: Final = re.compile(r"\Abearer\s+", re.IGNORECASE)
_TOKEN: Final = re.compile(rf"[!-~]{{{SHORTEST},16384}}")


def cleaned(text: str) -> str:
    """The token in a text, without the white space around it and the word ``Bearer`` before it."""
    return _BEARER.sub("", text.strip(), count=1)


def is_access_token(token: str) -> bool:
    """Whether a cleaned text begins like an access token; anything else is a refresh token."""
    return token.startswith(ACCESS_PREFIX)


def why_no_token(token: str) -> str | None:
    """Why a cleaned text cannot be a token of a ChatGPT account; None where it can."""
    if _TOKEN.fullmatch(token) is None:
        return f"this is no token: tokens have at least {SHORTEST} characters and no spaces"
    if token.startswith(OTHER_KEYS):
        return "this is a key of another kind and no token of a ChatGPT account"
    return None


def redacted(token: str) -> str:
    """A token as a text may name it: its first characters and its length; of a short one the length alone."""
    begin = token[:SHOWN] + "… " if len(token) >= SHORTEST and token.isascii() and token.isprintable() else ""
    return f"{begin}({len(token)} characters)"
