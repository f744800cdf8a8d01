"""A TLS ClientHello, read from its bytes, and the JA4 fingerprint of it.

Source: RFC 8446, section 4.1.2; the JA4 specification of FoxIO.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

_SERVER_NAME, _GROUPS, _SIGNATURE_ALGORITHMS, _ALPN, _VERSIONS, _KEY_SHARES = 0, 10, 13, 16, 43, 51
_VERSION_WORDS = {0x0304: "13", 0x0303: "12", 0x0302: "11", 0x0301: "10"}
_RECORD_HEAD_BYTES = 5
_HANDSHAKE_HEAD_BYTES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientHello:
    """What a client says of itself first, in the order it says it; extensions by their bodies."""

    ciphers: tuple[int, ...]
    extensions: dict[int, bytes]
    message_bytes: int

    @property
    def alpn(self) -> tuple[str, ...]:
        """The application protocols, in order."""
        body = _Bytes(self.extensions.get(_ALPN, b"\0\0"))
        listed, names = _Bytes(body.sized(2)), list[str]()
        while listed.left:
            names.append(listed.sized(1).decode())
        return tuple(names)

    @property
    def groups(self) -> tuple[int, ...]:
        """The key exchange groups, in order."""
        return self._numbers(_GROUPS, 2)

    @property
    def signature_algorithms(self) -> tuple[int, ...]:
        """The signature algorithms, in order."""
        return self._numbers(_SIGNATURE_ALGORITHMS, 2)

    @property
    def versions(self) -> tuple[int, ...]:
        """The supported versions, in order."""
        return self._numbers(_VERSIONS, 1)

    @property
    def key_shares(self) -> tuple[tuple[int, int], ...]:
        """Groups of the key shares and how many bytes each has, in order."""
        shares = _Bytes(_Bytes(self.extensions[_KEY_SHARES]).sized(2))
        told = list[tuple[int, int]]()
        while shares.left:
            told.append((shares.number(2), len(shares.sized(2))))
        return tuple(told)

    @property
    def ja4(self) -> str:
        """The fingerprint, which does not depend on the order of extensions."""
        version = _VERSION_WORDS[max(self.versions)]
        target = "d" if _SERVER_NAME in self.extensions else "i"
        protocol = f"{self.alpn[0][0]}{self.alpn[0][-1]}" if self.alpn else "00"
        head = f"t{version}{target}{len(self.ciphers):02}{len(self.extensions):02}{protocol}"
        told = sorted(number for number in self.extensions if number not in {_SERVER_NAME, _ALPN})
        signed = f"{','.join(_hex(told))}_{','.join(_hex(self.signature_algorithms))}"
        return f"{head}_{_digest(','.join(sorted(_hex(self.ciphers))))}_{_digest(signed)}"

    def _numbers(self, extension: int, size_bytes: int) -> tuple[int, ...]:
        listed = _Bytes(self.extensions[extension]).sized(size_bytes)
        return tuple(int.from_bytes(listed[at : at + 2], "big") for at in range(0, len(listed), 2))


def hello_size(record: bytes) -> int | None:
    """How many bytes the first record of a connection has in all; None while that cannot be told yet."""
    if len(record) < _RECORD_HEAD_BYTES:
        return None
    return _RECORD_HEAD_BYTES + int.from_bytes(record[3:5], "big")


def parse_hello(record: bytes) -> ClientHello:
    """The ClientHello in the first record of a connection."""
    message = record[_RECORD_HEAD_BYTES:]
    body = _Bytes(message[_HANDSHAKE_HEAD_BYTES:])
    body.taken(2 + 32)  # version and random
    body.sized(1)  # session id
    packed = body.sized(2)
    body.sized(1)  # compression
    listed, extensions = _Bytes(body.sized(2)), dict[int, bytes]()
    while listed.left:
        number = listed.number(2)
        extensions[number] = listed.sized(2)
    return ClientHello(
        ciphers=tuple(int.from_bytes(packed[at : at + 2], "big") for at in range(0, len(packed), 2)),
        extensions=extensions,
        message_bytes=len(message),
    )


class _Bytes:
    """Bytes that are taken one after another."""

    def __init__(self, content: bytes) -> None:
        self.left = content

    def taken(self, count: int) -> bytes:
        taken, self.left = self.left[:count], self.left[count:]
        return taken

    def number(self, size_bytes: int) -> int:
        return int.from_bytes(self.taken(size_bytes), "big")

    def sized(self, size_bytes: int) -> bytes:
        return self.taken(self.number(size_bytes))


def _hex(numbers: Sequence[int]) -> list[str]:
    return [f"{number:04x}" for number in numbers]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
