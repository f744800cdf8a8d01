"""What the gateway and its counting process tell each other: length-prefixed MessagePack over two pipes.

Rules of this file: imported by the counting process, so it imports nothing of the gateway.  A frame is four bytes of
length, big-endian, and that many bytes; batches go one way, counts the other, paired by number.  The process begins
with ``READY``, once its vocabulary is loaded.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

_LENGTH_BYTES: Final = 4

_encode: Final = msgspec.msgpack.Encoder().encode


class Chunk(msgspec.Struct, frozen=True, array_like=True):
    """UTF-8 whose tokens are wanted, or the base64 of a part of a PDF (whole groups of four) whose pages are."""

    content: bytes
    is_pdf: bool = False


class Batch(msgspec.Struct, frozen=True, array_like=True):
    """Chunks to be counted."""

    number: int
    chunks: tuple[Chunk, ...]


class Counts(msgspec.Struct, frozen=True, array_like=True):
    """Tokens or pages of each chunk of the batch with this number, in its order."""

    number: int
    counts: tuple[int, ...]


READY: Final = Counts(0, ())
"""What the counting process says first; batches are numbered from 1."""

decode_batch: Final = msgspec.msgpack.Decoder(Batch).decode
"""The batch in a frame; raises ``msgspec.DecodeError``."""

decode_counts: Final = msgspec.msgpack.Decoder(Counts).decode
"""The counts in a frame; raises ``msgspec.DecodeError``."""


def encode_frame(message: Batch | Counts) -> bytes:
    """A message as a frame."""
    content = _encode(message)
    return len(content).to_bytes(_LENGTH_BYTES, "big") + content


class FrameReader:
    """Cuts arriving bytes into frames, however they were split."""

    def __init__(self) -> None:
        self._arrived = bytearray()

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """The contents of the frames that this piece completes."""
        self._arrived += piece
        while len(self._arrived) >= _LENGTH_BYTES:
            end = _LENGTH_BYTES + int.from_bytes(self._arrived[:_LENGTH_BYTES], "big")
            if len(self._arrived) < end:
                return
            content = bytes(self._arrived[_LENGTH_BYTES:end])
            del self._arrived[:end]
            yield content
