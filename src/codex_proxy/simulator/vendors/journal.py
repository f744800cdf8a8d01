"""What vendors were asked and what they answered, byte for byte, for tests and for curious readers.

Rules of this file: keys are kept as they came, since nobody's real key comes here; the oldest calls go when there are
too many or when their bytes are.
"""

from collections import deque
from typing import Any, Final

import msgspec

from codex_proxy.simulator.incoming import Incoming
from codex_proxy.simulator.journal import Entry
from codex_proxy.simulator.player import Message, Send

MAX_CALLS: Final = 1000
MAX_BYTES: Final = 256 * 1024 * 1024


class VendorCall(Entry, kw_only=True):
    """One call; beside what every entry has, the vendor, the key as it was shown, and the bytes of both sides.

    ``account_ordinal`` counts this key's calls of the same endpoint, from 1; ``answered`` is the body as it was sent.
    """

    vendor: str
    key: str = ""
    raw: bytes = b""
    reply_headers: list[tuple[str, str]] = msgspec.field(default_factory=list)
    answered: bytearray = msgspec.field(default_factory=bytearray)

    @property
    def size_bytes(self) -> int:
        """What it costs to keep."""
        return len(self.raw) + len(self.answered)


class VendorJournal:
    """Calls in the order of arrival."""

    def __init__(self) -> None:
        self._calls: deque[VendorCall] = deque()
        self._counts: dict[tuple[str, str, str], int] = {}
        self._ordinal = 0

    def open(self, incoming: Incoming, *, vendor: str, at: float) -> VendorCall:
        """Keep a call; it is completed later."""
        self._ordinal += 1
        call = VendorCall(
            method=incoming.method,
            path=incoming.path,
            query=incoming.query,
            http_version=incoming.http_version,
            at=at,
            ordinal=self._ordinal,
            peer=incoming.address,
            headers=list(incoming.pairs),
            body_bytes=len(incoming.raw),
            vendor=vendor,
            raw=incoming.raw,
        )
        self._calls.append(call)
        self._trim()
        return call

    def assign(self, call: VendorCall, *, key: str, endpoint: str) -> None:
        """Say whose call of what it is, and count it."""
        call.key, call.account, call.endpoint = key, key, endpoint
        counted = (call.vendor, key, endpoint)
        self._counts[counted] = call.account_ordinal = self._counts.get(counted, 0) + 1

    def calls(self) -> list[VendorCall]:
        """All calls kept, oldest first."""
        return list(self._calls)

    def clear(self) -> None:
        """Forget calls and counts; ordinals go on, because ids are made of them."""
        self._calls.clear()
        self._counts.clear()

    def _trim(self) -> None:
        size_bytes = sum(call.size_bytes for call in self._calls)
        while len(self._calls) > MAX_CALLS or (size_bytes > MAX_BYTES and len(self._calls) > 1):
            size_bytes -= self._calls.popleft().size_bytes


def noting(send: Send, call: VendorCall) -> Send:
    """``send``, with what is sent kept in the call."""

    async def note(message: Message) -> None:
        if message["type"] == "http.response.start":
            call.reply_headers = [_decoded(pair) for pair in message.get("headers", ())]
        elif message["type"] == "http.response.body":
            call.answered += message.get("body", b"")
        await send(message)

    return note


def _decoded(pair: Any) -> tuple[str, str]:
    name, value = pair
    return name.decode("latin-1"), value.decode("latin-1")
