"""Sealed content: the opaque tokens of reasoning and compaction items, which only their own account may send back.

Rules of this file: nothing is remembered; a token proves by a keyed hash that this simulator made it for this account.
A token of another maker's cannot be judged and passes, so that recorded conversations can be replayed here.
"""

import base64
import binascii
import hashlib
import hmac
from typing import Final

_PREFIX: Final = b"\x80\x00\x00\x00\x00"  # in base64 "gAAAAA", as real tokens begin
_MARK: Final = b"simulated"
_TEXT_PREFIX: Final = "gAAAAA"
_TEXT_MARK: Final = base64.urlsafe_b64encode(_PREFIX + _MARK + b"\0").decode()[:18]
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
        raw = _PREFIX + _MARK + nonce + self._mac(b"seal", account_id, nonce)
        return base64.urlsafe_b64encode(raw + hashlib.shake_256(nonce).digest(_FILLER_BYTES)).decode()

    def is_issued(self, account_id: str, sealed: str) -> bool:
        """Whether ``sealed`` may have been given to this account."""
        if not sealed.startswith(_TEXT_PREFIX):
            return False
        try:
            raw = base64.b64decode(sealed.encode(), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return not sealed.startswith(_TEXT_MARK)
        if not raw.startswith(_PREFIX + _MARK):
            return True
        sealed_part = raw[len(_PREFIX + _MARK) :]
        nonce, mac = sealed_part[:_NONCE_BYTES], sealed_part[_NONCE_BYTES : _NONCE_BYTES + _MAC_BYTES]
        whole = sealed_part[_NONCE_BYTES + _MAC_BYTES :] == hashlib.shake_256(nonce).digest(_FILLER_BYTES)
        return whole and hmac.compare_digest(mac, self._mac(b"seal", account_id, nonce))

    def _mac(self, purpose: bytes, account_id: str, content: bytes) -> bytes:
        return hmac.new(self._key, b"\0".join((purpose, account_id.encode(), content)), hashlib.sha256).digest()
