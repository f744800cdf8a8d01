"""Files that a request gives by link."""

import asyncio
import base64
import gzip

import pytest

from codex_proxy.gateway.links.fetching import LinkedFile, NotFetched
from codex_proxy.simulator.unscripted.pictures import tiny_png
from codex_proxy.transports.guard import UrlGuard
from codex_proxy.transports.linked_files import MAX_FILE_BYTES, TOTAL_SECONDS, LinkedFiles
from tests.transports.wire import STREAM_HEAD, Handler, chunk, listening, read_request

PNG = base64.b64decode(tiny_png())
PDF = b"%PDF-1.4\n"


def serving(reply: bytes) -> Handler:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(reply)
        await writer.drain()

    return handler


def whole(content: bytes, *headers: str, status: str = "200 OK") -> bytes:
    head = [f"HTTP/1.1 {status}", f"content-length: {len(content)}", *headers]
    return "\r\n".join([*head, "", ""]).encode() + content


def in_chunks(*pieces: bytes) -> bytes:
    return STREAM_HEAD + b"".join(map(chunk, pieces)) + b"0\r\n\r\n"


async def fetch(
    handler: Handler, *, max_file_bytes: int = MAX_FILE_BYTES, total_seconds: float = TOTAL_SECONDS
) -> LinkedFile:
    files = LinkedFiles(UrlGuard(), allow_private=True, max_file_bytes=max_file_bytes, total_seconds=total_seconds)
    async with listening(handler) as base_url:
        return await files.fetch(f"{base_url}/a.png")


async def refusal(
    handler: Handler, *, max_file_bytes: int = MAX_FILE_BYTES, total_seconds: float = TOTAL_SECONDS
) -> str:
    with pytest.raises(NotFetched) as refused:
        await fetch(handler, max_file_bytes=max_file_bytes, total_seconds=total_seconds)
    return str(refused.value)


@pytest.mark.parametrize("declared", ["image/png", "text/html", "application/octet-stream"])
async def test_a_picture_is_what_its_bytes_say(declared: str) -> None:
    got = await fetch(serving(whole(PNG, f"content-type: {declared}")))
    assert got == LinkedFile(content=PNG, media_type="image/png")


async def test_pieces_of_any_size_are_one_file() -> None:
    assert (await fetch(serving(in_chunks(PNG[:3], PNG[3:9], PNG[9:])))).content == PNG


async def test_a_document_may_be_shorter_than_any_proof() -> None:
    assert await fetch(serving(whole(PDF))) == LinkedFile(content=PDF, media_type="application/pdf")


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (whole(b'{"AccessKeyId": "secret"}', "content-type: image/png"), "no PNG, JPEG, WebP, GIF or PDF"),
        (whole(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "content-type: image/svg+xml"), "no PNG"),
        (whole(b""), "no PNG"),
        (whole(gzip.compress(PNG), "content-encoding: gzip"), "no PNG"),
        (whole(PNG, status="404 Not Found"), "its server answered 404"),
        (whole(PNG, status="206 Partial Content"), "its server answered 206"),
        (whole(b"", "location: http://169.254.169.254/", status="302 Found"), "leads on to another address"),
        (STREAM_HEAD + chunk(PNG), "could not be reached, or broke off"),
        (b"nonsense\r\n\r\n", "could not be reached, or broke off"),
    ],
)
async def test_what_is_not_taken(reply: bytes, words: str) -> None:
    told = await refusal(serving(reply))
    assert words in told
    assert "secret" not in told


async def test_a_file_that_is_no_picture_is_given_up_at_its_beginning() -> None:
    closed = asyncio.Event()

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(STREAM_HEAD + chunk(b"<html>" + b"x" * 64))
        await reader.read()
        closed.set()

    assert "no PNG" in await refusal(handler)
    async with asyncio.timeout(30):
        await closed.wait()


@pytest.mark.parametrize("reply", [whole(PNG), in_chunks(*(PNG[at : at + 8] for at in range(0, len(PNG), 8)))])
async def test_a_file_has_a_ceiling_whether_or_not_it_tells_its_size(reply: bytes) -> None:
    assert await refusal(serving(reply), max_file_bytes=len(PNG) - 1) == f"it is larger than {len(PNG) - 1} bytes"
    assert (await fetch(serving(reply), max_file_bytes=len(PNG))).content == PNG


@pytest.mark.parametrize("beginning", [b"", STREAM_HEAD + chunk(PNG[:20])])
async def test_a_server_that_falls_silent_is_given_up(beginning: bytes) -> None:
    closed = asyncio.Event()

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(beginning)
        await reader.read()
        closed.set()

    assert await refusal(handler, total_seconds=0.2) == "its server took too long"
    async with asyncio.timeout(30):
        await closed.wait()


async def test_only_what_a_picture_needs_is_asked() -> None:
    heads: list[list[str]] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await read_request(reader))[0])
        writer.write(whole(PNG, "set-cookie: a=b"))

    await fetch(handler)
    names = {line.partition(":")[0].lower() for line in heads[0][1:]}
    assert names == {"host", "accept", "user-agent"}


async def test_private_addresses_are_asked_only_where_that_is_allowed() -> None:
    asked: list[bytes] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.read(1))

    async with listening(handler) as base_url:
        with pytest.raises(NotFetched, match="it leads to a private address"):
            await LinkedFiles(UrlGuard()).fetch(f"{base_url}/a.png")
    assert asked == []
