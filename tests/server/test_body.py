"""Bodies are read to the limit and not a byte further."""

import gzip
import zlib
from collections.abc import Iterable

import pytest
import zstandard

from codex_proxy.canonical.failure import FailureKind
from codex_proxy.server.asgi import ClientGone, Message, Receive
from codex_proxy.server.body import BodyRefused, decompress, read_body


def arriving(messages: Iterable[Message]) -> Receive:
    waiting = iter(messages)

    async def receive() -> Message:
        return next(waiting)

    return receive


def piece(body: bytes, *, more: bool) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


async def test_pieces_are_joined() -> None:
    receive = arriving([piece(b"ab", more=True), piece(b"c", more=False)])
    assert await read_body(receive, {}, limit_bytes=3) == b"abc"


async def test_a_declared_size_over_the_limit_is_refused_unread() -> None:
    with pytest.raises(BodyRefused) as caught:
        await read_body(arriving([]), {"content-length": "4"}, limit_bytes=3)
    assert caught.value.failure.kind is FailureKind.TOO_LARGE
    assert caught.value.unread


async def test_an_undeclared_size_is_refused_when_it_passes_the_limit() -> None:
    receive = arriving([piece(b"ab", more=True), piece(b"cd", more=True)])
    with pytest.raises(BodyRefused) as caught:
        await read_body(receive, {}, limit_bytes=3)
    assert caught.value.failure.status == 413


async def test_a_client_that_leaves_while_sending_is_gone() -> None:
    with pytest.raises(ClientGone):
        await read_body(arriving([piece(b"a", more=True), {"type": "http.disconnect"}]), {}, limit_bytes=9)


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("zstd", zstandard.compress(b"hello")),
        ("gzip", gzip.compress(b"hello", mtime=0)),
        ("deflate", zlib.compress(b"hello")),
        ("identity", b"hello"),
        ("gzip, zstd", zstandard.compress(gzip.compress(b"hello", mtime=0))),
    ],
)
def test_known_encodings_are_undone(encoding: str, packed: bytes) -> None:
    assert decompress(packed, encoding, limit_bytes=100) == b"hello"


@pytest.mark.parametrize(
    ("encoding", "bomb"),
    [("zstd", zstandard.compress(bytes(10_000_000))), ("gzip", gzip.compress(bytes(10_000_000)))],
)
def test_a_bomb_is_refused_at_the_limit(encoding: str, bomb: bytes) -> None:
    with pytest.raises(BodyRefused) as caught:
        decompress(bomb, encoding, limit_bytes=1_000)
    assert caught.value.failure.kind is FailureKind.TOO_LARGE


@pytest.mark.parametrize(
    ("encoding", "body"), [("zstd", b"no"), ("gzip", gzip.compress(b"hello", mtime=0)[:-3]), ("br", b"x")]
)
def test_broken_or_unknown_encodings_are_the_clients_mistake(encoding: str, body: bytes) -> None:
    with pytest.raises(BodyRefused) as caught:
        decompress(body, encoding, limit_bytes=100)
    assert caught.value.failure.kind is FailureKind.INVALID_REQUEST
    assert encoding in caught.value.failure.message
