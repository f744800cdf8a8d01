"""Thought signatures on the wire: base64, of Gemini's own bytes or of a sealed token of another upstream.

Rules of this file: Gemini's own signatures pass verbatim; every other upstream's are sealed first.  Clients send them
back in either base64 alphabet, because google-genai for Python writes the URL-safe one.
"""

import base64
import binascii
from typing import Final

from codex_proxy.protocols.gemini.schema import ORIGIN, SENTINELS
from codex_proxy.protocols.parts.signatures import RESPONSES, Sealed, is_bare_token, open_seal, seal

_TO_STANDARD: Final = str.maketrans("-_", "+/")


def write_signature(signature: str, *, origin: str | None, item_id: str | None, redacted: bool = False) -> str:
    """The ``thoughtSignature`` for a token of ``origin``'s upstream; None is the Responses family."""
    if origin == ORIGIN:
        return signature
    sealed = seal(origin or RESPONSES, item_id, signature, redacted=redacted)
    return base64.b64encode(sealed.encode("utf-8", "replace")).decode()


def read_signature(told: str) -> Sealed | None:
    """The token that a client sends back; None for a stand-in that means no signature."""
    if not told or told in SENTINELS:
        return None
    text = _decoded(told)
    if text in SENTINELS:
        return None
    sealed = open_seal(text)
    if sealed is not None:
        return sealed
    for bare in (told, text):
        if is_bare_token(bare):
            return Sealed(origin=RESPONSES, item_id=None, encrypted=bare)
    return Sealed(origin=ORIGIN, item_id=None, encrypted=standard_alphabet(told))


def standard_alphabet(data: str) -> str:
    """Base64 in the standard alphabet with its padding, from either alphabet."""
    text = data.translate(_TO_STANDARD).rstrip("=")
    return text + "=" * (-len(text) % 4)


def _decoded(told: str) -> str:
    try:
        return base64.b64decode(standard_alphabet(told), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return ""
