"""Sealed content: the opaque tokens of reasoning and compaction items, which only their own account may send back.

Rules of this file: nothing is remembered; a token proves by a keyed hash that this simulator made it for this account.
"""

import base64
import binascii
import hashlib
import hmac
from typing import Final

_PREFIX: Final = b"\x80\x00\x00\x00\x00"  # in base64 "gAAAAA", as real tokens begin
_NONCE_BYTES: Final = 32
_MAC_BYTES: Final = 32
_FILLER_BYTES: Final = 96  # real tokens are long; clients must carry them whole


class Sealer:
    """Makes and checks tokens; two sealers of one seed agree."""

    def __init__(self, seed: int) -> None:
        self._key = f"codex-proxy simulator {seed}".encode()

    def seal(self, account_id: str, content: str) -> str:
        """The token of ``content``; the same content gives the same token."""
        nonce = self._mac(b"nonce", account_id, content.encode())
        filler = hashlib.shake_256(nonce).digest(_FILLER_BYTES)
        return base64.urlsafe_b64encode(_PREFIX + nonce + self._mac(b"seal", account_id, nonce) + filler).decode()

    def is_issued(self, account_id: str, sealed: str) -> bool:
        """Whether ``sealed`` was made for this account."""
        try:
            raw = base64.b64decode(sealed.encode(), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return False
        nonce = raw[len(_PREFIX) : len(_PREFIX) + _NONCE_BYTES]
        mac = raw[len(_PREFIX) + _NONCE_BYTES : len(_PREFIX) + _NONCE_BYTES + _MAC_BYTES]
        return raw.startswith(_PREFIX) and hmac.compare_digest(mac, self._mac(b"seal", account_id, nonce))

    def _mac(self, purpose: bytes, account_id: str, content: bytes) -> bytes:
        return hmac.new(self._key, b"\0".join((purpose, account_id.encode(), content)), hashlib.sha256).digest()
