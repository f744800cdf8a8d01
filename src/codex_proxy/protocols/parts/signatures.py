"""Signature envelope: encrypted reasoning in the one opaque string that a dialect lets its clients hand back.

Clients of Anthropic's and Gemini's dialects return a thought with a ``signature`` they never look into.  A token alone
does not say whose it is, and an upstream refuses a token it did not issue, so tokens of another family than the
client's own travel sealed: ``cpx1.<base64url of {"o": origin, "i": item id}>.<token>``.  ``"r": true`` in that object
marks a redacted thought, for which only Anthropic's dialect has a word of its own.

Rules of this file: pure and total.  ``origin`` is the dialect of the upstream that issued the token, the same word as
``Thinking.origin`` and ``ThinkingEnded.origin``; None there is the Responses family, here ``RESPONSES``.  A text that
is no seal is a foreign signature: whoever reads it keeps it verbatim, under the origin of the client's own dialect.

Usage, server role: ``write_signature`` seals what is not the dialect's own, ``read_signature`` reads whatever a client
sends back.  Client role: send a ``Thinking`` back only if its ``origin`` is the upstream's own dialect.
"""

import base64
import binascii
import re
from typing import Final

import msgspec

RESPONSES: Final = "responses"

_PREFIX: Final = "cpx1."
_BARE_PREFIX: Final = "gAAAA"
_FERNET_VERSION: Final = 0x80
_FERNET_OVERHEAD_BYTES: Final = 57  # version, time, initialisation vector and MAC; the rest is whole AES blocks
_FERNET_LEAST_BYTES: Final = 73
_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]+={0,2}")


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """What a seal holds: the issuer's dialect, the reasoning item's id there, the token, and ``Thinking.redacted``."""

    origin: str
    item_id: str | None
    encrypted: str
    redacted: bool = False


class _Head(msgspec.Struct, frozen=True):
    o: str
    i: str | None = None
    r: bool = False


_decode_head: Final = msgspec.json.Decoder(_Head).decode


def seal(origin: str, item_id: str | None, encrypted: str, *, redacted: bool = False) -> str:
    """The signature text to hand to a client for ``encrypted``, a token of ``origin``'s upstream."""
    head = msgspec.json.encode({"o": origin, "i": item_id} | ({"r": True} if redacted else {}))
    return f"{_PREFIX}{base64.urlsafe_b64encode(head).decode().rstrip('=')}.{encrypted}"


def open_seal(text: str) -> Sealed | None:
    """What was sealed; None for every text that ``seal`` did not make."""
    if not text.startswith(_PREFIX):
        return None
    head, dot, encrypted = text[len(_PREFIX) :].partition(".")
    if not dot or not _BASE64URL.fullmatch(head):
        return None
    try:
        told = _decode_head(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (binascii.Error, msgspec.DecodeError, UnicodeError):
        return None
    return Sealed(origin=told.o, item_id=told.i, encrypted=encrypted, redacted=told.r)


def write_signature(
    token: str, *, origin: str | None, item_id: str | None, own: str | None, redacted: bool = False
) -> str:
    """The signature for a client whose tokens have the origin ``own``: these as they are, all others sealed."""
    return token if origin == own else seal(origin or RESPONSES, item_id, token, redacted=redacted)


def read_signature(text: str, own: str) -> Sealed:
    """The token of any signature a client sends back; ``own`` is the origin where it is neither sealed nor bare."""
    sealed = open_seal(text)
    if sealed is not None:
        return sealed
    return Sealed(origin=RESPONSES if is_bare_token(text) else own, item_id=None, encrypted=text)


def is_bare_token(text: str) -> bool:
    """Whether this is the Codex backend's encrypted reasoning as it stands: a Fernet token."""
    if not text.startswith(_BARE_PREFIX) or not _BASE64URL.fullmatch(text):
        return False
    try:
        token = base64.urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    except (binascii.Error, ValueError):
        return False
    whole = (len(token) - _FERNET_OVERHEAD_BYTES) % 16 == 0
    return token[0] == _FERNET_VERSION and len(token) >= _FERNET_LEAST_BYTES and whole
