"""The counting process: reads batches from standard input, writes counts to standard output, ends with its input.

Rules of this file: imports nothing of the gateway but ``wire``, so that it starts fast and stays small; its input ends
when the gateway closes it or dies.  Run as ``python -m codex_proxy.counting.worker``.
"""

import base64
import binascii
import contextlib
import re
from collections.abc import Callable, Sequence
from io import BufferedIOBase
from typing import Final, Protocol, TypeAlias

import bpe_openai

from codex_proxy.counting.wire import READY, Chunk, Counts, FrameReader, decode_batch, encode_frame

VOCABULARY: Final = "o200k_base"
_READ_BYTES: Final = 1 << 16
_PAGE_OBJECT: Final = re.compile(rb"/Type\s*/Page(?![A-Za-z])")  # Source: ISO 32000-1, 7.7.3.3; /Pages is the tree

Encode: TypeAlias = Callable[[str], Sequence[int]]


class Replies(Protocol):
    """Where counts go, unbuffered."""

    def write(self, frame: bytes, /) -> object:
        """All of it."""
        ...


def serve(requests: BufferedIOBase, replies: Replies, encode: Encode) -> None:
    """Say that we are ready, then answer batches until they end; ``encode`` gives the tokens of a text."""
    replies.write(encode_frame(READY))
    frames = FrameReader()
    while piece := requests.read1(_READ_BYTES):
        for frame in frames.feed(piece):
            batch = decode_batch(frame)
            counts = tuple(_count(chunk, encode) for chunk in batch.chunks)
            replies.write(encode_frame(Counts(batch.number, counts)))


def main() -> None:
    """Serve the pipes this process was started with."""
    encode = bpe_openai.get_encoding(VOCABULARY).encode_ordinary  # `encode` would refuse texts like <|endoftext|>
    with open(0, "rb") as requests, open(1, "wb", buffering=0) as replies, contextlib.suppress(BrokenPipeError):
        serve(requests, replies, encode)


def _count(chunk: Chunk, encode: Encode) -> int:
    if chunk.is_pdf:
        return len(_PAGE_OBJECT.findall(_decoded(chunk.content)))
    return len(encode(chunk.content.decode("utf-8", "replace")))


def _decoded(content: bytes) -> bytes:
    try:
        return base64.b64decode(content)
    except binascii.Error:
        return b""


if __name__ == "__main__":
    main()
