"""Request bodies: read up to the limit, decompressed up to the limit.

Rules of this file: a body over the limit is refused as soon as that is known, without reading on; a compressed one is
unpacked piece by piece, so that a small bomb cannot fill the memory.
"""

import zlib
from collections.abc import Mapping
from typing import Final

import zstandard

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.server.asgi import ClientGone, Receive

_WINDOW_BITS: Final = {"gzip": 31, "deflate": 15}


class BodyRefused(Exception):
    """The body cannot be taken; carries the failure to answer with, and whether the client is still sending."""

    def __init__(self, failure: Failure, *, unread: bool = False) -> None:
        super().__init__(failure.message)
        self.failure = failure
        self.unread = unread


async def read_body(receive: Receive, headers: Mapping[str, str], *, limit_bytes: int) -> bytes:
    """The whole body, decompressed.

    Raises:
        BodyRefused: too large, or compressed in a way we cannot read.
        ClientGone: the client left while sending.
    """
    declared = headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit_bytes:
        raise _too_large(limit_bytes, unread=True)
    pieces: list[bytes] = []
    size_bytes = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        piece = message.get("body", b"")
        size_bytes += len(piece)
        if size_bytes > limit_bytes:
            raise _too_large(limit_bytes, unread=message.get("more_body", False))
        pieces.append(piece)
        if not message.get("more_body", False):
            break
    return decompress(b"".join(pieces), headers.get("content-encoding", ""), limit_bytes=limit_bytes)


def decompress(body: bytes, encoding: str, *, limit_bytes: int) -> bytes:
    """The body without its content encodings, undone in reverse order.

    Raises:
        BodyRefused: unknown encoding, broken data, or more than ``limit_bytes`` unpacked.
    """
    for name in reversed([word.strip().lower() for word in encoding.split(",") if word.strip()]):
        if name != "identity":
            body = _unpack(body, name, limit_bytes)
    return body


def _unpack(body: bytes, encoding: str, limit_bytes: int) -> bytes:
    try:
        if encoding == "zstd":
            return _unpack_zstd(body, limit_bytes)
        if encoding in _WINDOW_BITS:
            return _unpack_zlib(body, _WINDOW_BITS[encoding], limit_bytes)
    except (zlib.error, zstandard.ZstdError):
        raise BodyRefused(
            Failure(kind=FailureKind.INVALID_REQUEST, message=f"the body is not valid {encoding} data", status=400)
        ) from None
    raise BodyRefused(
        Failure(
            kind=FailureKind.INVALID_REQUEST,
            message=f"content-encoding {encoding!r} is not supported; use zstd, gzip or deflate",
            param="content-encoding",
            status=400,
        )
    )


def _unpack_zstd(body: bytes, limit_bytes: int) -> bytes:
    with zstandard.ZstdDecompressor(max_window_size=2**27).stream_reader(body, read_across_frames=True) as reader:
        return _within(reader.read(limit_bytes + 1), limit_bytes)


def _unpack_zlib(body: bytes, window_bits: int, limit_bytes: int) -> bytes:
    unpacker = zlib.decompressobj(window_bits)
    unpacked = _within(unpacker.decompress(body, limit_bytes + 1), limit_bytes)
    if not unpacker.eof:
        raise zlib.error("truncated")
    return unpacked


def _within(unpacked: bytes, limit_bytes: int) -> bytes:
    if len(unpacked) > limit_bytes:
        raise _too_large(limit_bytes)
    return unpacked


def _too_large(limit_bytes: int, *, unread: bool = False) -> BodyRefused:
    return BodyRefused(
        Failure(
            kind=FailureKind.TOO_LARGE,
            message=f"the request body exceeds the limit of {limit_bytes} bytes",
            code="request_too_large",
            status=413,
        ),
        unread=unread,
    )
