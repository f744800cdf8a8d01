"""The real transport against real sockets: timing of the first event, cancellation, and what may have been sent."""

import asyncio
import contextlib
import socket
import time
from typing import Any

import pytest

from codex_proxy.canonical.failure import Failure, FailureKind, Sent
from codex_proxy.gateway.ports import Route, TransportError, UpstreamReply
from codex_proxy.protocols.base import UpstreamCall
from codex_proxy.transports.clients import ClientPool, Timeouts
from codex_proxy.transports.http import ADDRESS_REFUSED, READ_BYTES, HttpReply, HttpTransport, obeying
from tests.transports.recording_proxy import Passage, RecordingProxy, recording_proxy
from tests.transports.wire import STREAM_HEAD, Handler, chunk, listening, read_request
from tests.waiting import until

CALL = UpstreamCall(
    method="POST",
    path="/codex/responses",
    headers=(("version", "1"), ("accept", "text/event-stream"), ("user-agent", "test"), ("x-last", "z")),
    body=b"{}",
)


def transport(timeouts: Timeouts | None = None) -> HttpTransport:
    times = timeouts or Timeouts()
    return HttpTransport(pool=ClientPool(timeouts=times, now=time.monotonic), timeouts=times)


def route(base_url: str) -> Route:
    return Route(base_url=base_url, account_id="acc-1")


@pytest.mark.parametrize(
    ("base_url", "egress_url"),
    [
        ("https://upstream.invalid/x", None),
        ("http://192.0.2.1/x", None),
        ("http://127.0.0.1:1/x", "http://192.0.2.1:1"),
        ("http://127.0.0.1:1/x", "socks5://u:p@egress.invalid:1"),
    ],
)
async def test_who_stays_on_this_machine_asks_nobody_elsewhere(base_url: str, egress_url: str | None) -> None:
    made = HttpTransport(pool=ClientPool(timeouts=Timeouts(), now=time.monotonic), timeouts=Timeouts(), only_here=True)
    with pytest.raises(TransportError) as caught:
        async with made.open(CALL, Route(base_url=base_url, account_id="a", egress_url=egress_url)):
            pass
    failure = caught.value.failure
    assert (failure.code, failure.sent) == (ADDRESS_REFUSED, Sent.NOTHING_SENT)
    assert failure.message.startswith("the upstream is not asked: the call leads elsewhere, and this gateway stays")


async def test_who_stays_on_this_machine_asks_it() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")

    made = HttpTransport(pool=ClientPool(timeouts=Timeouts(), now=time.monotonic), timeouts=Timeouts(), only_here=True)
    async with listening(answer) as base_url:
        assert await read_all(base_url, made) == (200, b"ok")
    await made.close()


async def read_all(base_url: str, made: HttpTransport) -> tuple[int, bytes]:
    async with made.open(CALL, route(base_url)) as reply:
        body = b""
        while piece := await reply.read():
            body += piece
        return reply.status, body


async def failing(handler: Handler, *, timeouts: Timeouts | None = None) -> Failure:
    made = transport(timeouts)
    async with listening(handler) as base_url:
        with pytest.raises(TransportError) as caught:
            await read_all(base_url, made)
    await made.close()
    return caught.value.failure


async def failure_of(handler: Handler, *, timeouts: Timeouts | None = None) -> tuple[FailureKind, Sent]:
    failure = await failing(handler, timeouts=timeouts)
    return failure.kind, failure.sent


async def test_the_first_event_arrives_before_the_second_is_sent() -> None:
    client_has_first = asyncio.Event()

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(STREAM_HEAD + chunk(b"data: 1\n\n"))
        await client_has_first.wait()
        writer.write(chunk(b"data: 2\n\n") + b"0\r\n\r\n")
        await writer.drain()

    made = transport()
    async with listening(handler) as base_url, made.open(CALL, route(base_url)) as reply:
        assert await reply.read() == b"data: 1\n\n"
        client_has_first.set()
        assert await reply.read() == b"data: 2\n\n"
        assert await reply.read() == b""
    await made.close()


async def burst(*pieces: bytes, end: bytes) -> list[bytes]:
    """What the reads give for pieces that are written at once; the last entry names the failure, if one came."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(STREAM_HEAD + b"".join(chunk(piece) for piece in pieces) + end)
        await writer.drain()
        await asyncio.sleep(0.05)

    made = transport()
    async with listening(handler) as base_url, made.open(CALL, route(base_url)) as reply:
        reads = await reads_of(reply)
    await made.close()
    return reads


async def reads_of(reply: UpstreamReply) -> list[bytes]:
    reads = [await reply.read()]
    try:
        while reads[-1]:
            reads.append(await reply.read())
    except TransportError as error:
        reads.append(error.failure.kind.value.encode())
    return reads


async def test_pieces_that_are_there_together_are_read_together() -> None:
    """How many are there at a read is up to the machine; in one of many bursts they are together."""
    pieces = [b"data: %d\n\n" % number for number in range(50)]
    for _ in range(50):
        reads = await burst(*pieces, end=b"0\r\n\r\n")
        assert b"".join(reads) == b"".join(pieces)
        assert reads[-1] == b""
        if len(reads) < len(pieces) / 2:
            return
    pytest.fail("every piece was a read of its own")


async def test_a_read_ahead_is_bounded() -> None:
    reads = await burst(*[b"x" * 65_536] * 16, end=b"0\r\n\r\n")
    assert sum(map(len, reads)) == 16 * 65_536
    assert max(map(len, reads)) <= READ_BYTES + 65_536


async def test_what_came_before_a_break_is_read_before_the_failure() -> None:
    reads = await burst(b"data: 1\n\n", b"data: 2\n\n", end=b"")
    assert b"".join(reads[:-1]) == b"data: 1\n\ndata: 2\n\n"
    assert reads[-1] == b"disconnected"


async def test_a_reader_that_leaves_with_a_piece_asked_for_ahead_leaves_nothing_behind() -> None:
    closed = asyncio.Event()

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(STREAM_HEAD + chunk(b"data: 1\n\n"))
        await writer.drain()
        await reader.read()
        closed.set()

    made = transport()
    async with listening(handler) as base_url:
        async with made.open(CALL, route(base_url)) as reply:
            assert await reply.read() == b"data: 1\n\n"
        await asyncio.wait_for(closed.wait(), 30)
    await made.close()


async def test_headers_keep_their_order_and_spelling_and_nothing_is_added_before_them() -> None:
    heads: list[list[str]] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            heads.append((await read_request(reader))[0])
            writer.write(b"HTTP/1.1 200 OK\r\nset-cookie: __cf_bm=1; Path=/\r\ncontent-length: 2\r\n\r\nok")

    made = transport()
    async with listening(handler) as base_url:
        assert await read_all(base_url, made) == (200, b"ok")
        await read_all(base_url, made)
    await made.close()
    names = [line.split(":")[0] for line in heads[1][1:]]
    assert names[:6] == ["version", "accept", "user-agent", "x-last", "content-length", "cookie"]
    assert names.count("content-length") == 1
    assert "accept-encoding" not in names
    assert "cookie: __cf_bm=1" in heads[1]


async def test_leaving_early_closes_the_upstream() -> None:
    closed = asyncio.Event()

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(STREAM_HEAD + chunk(b"data: 1\n\n"))
        await reader.read()
        closed.set()

    made = transport()
    async with listening(handler) as base_url:
        async with made.open(CALL, route(base_url)) as reply:
            await reply.read()
        async with asyncio.timeout(30):
            await closed.wait()
    await made.close()


async def test_a_refused_connection_proves_that_nothing_was_sent() -> None:
    made = transport()
    with pytest.raises(TransportError) as caught:
        await read_all(f"http://127.0.0.1:{free_port()}", made)
    await made.close()
    assert (caught.value.failure.kind, caught.value.failure.sent) == (FailureKind.UNREACHABLE, Sent.NOTHING_SENT)


async def test_a_connection_closed_after_the_request_may_have_been_sent() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)

    assert await failure_of(handler) == (FailureKind.UNREACHABLE, Sent.MAYBE_SENT)


async def test_silence_before_headers_is_a_timeout() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        await reader.read()

    timeouts = Timeouts(headers=0.2, idle=0.2)
    assert await failure_of(handler, timeouts=timeouts) == (FailureKind.TIMEOUT, Sent.MAYBE_SENT)


async def test_silence_within_the_body_is_a_timeout() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(STREAM_HEAD + chunk(b"data: 1\n\n"))
        await reader.read()

    failure = await failing(handler, timeouts=Timeouts(headers=0.2, idle=0.2))
    if "no headers" in failure.message:  # the machine was busy elsewhere meanwhile
        failure = await failing(handler, timeouts=Timeouts(headers=5, idle=5))
    assert (failure.kind, failure.message.partition(":")[0]) == (FailureKind.TIMEOUT, "stream timeout")


async def test_a_call_that_takes_too_long_in_all_is_a_timeout_that_says_so() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        await reader.read()

    async def talking(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(STREAM_HEAD)
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            while True:
                writer.write(chunk(b"data: more\n\n"))
                await writer.drain()
                await asyncio.sleep(0.02)

    words = "the upstream took longer than the 0.3 s that a whole call may take"
    for handler, said in ((silent, words), (talking, f"stream timeout: {words}")):
        failure = await failing(handler, timeouts=Timeouts(total=0.3))
        assert (failure.kind, failure.sent, failure.message) == (FailureKind.TIMEOUT, Sent.MAYBE_SENT, said)


async def test_a_silence_that_ends_a_call_before_its_time_is_told_as_silence() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(STREAM_HEAD + chunk(b"data: 1\n\n"))
        await reader.read()

    failure = await failing(handler, timeouts=Timeouts(headers=0.2, idle=0.2, total=60))
    assert failure.message == "stream timeout: the upstream stayed silent too long"


async def test_a_silence_ends_in_its_time_where_headers_may_take_longer() -> None:
    left = asyncio.Event()

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(STREAM_HEAD + chunk(b"data: 1\n\n"))
        with contextlib.suppress(ConnectionError):
            await reader.read()
        left.set()

    made = transport(Timeouts(headers=60, idle=0.2))
    async with listening(handler) as base_url:
        with pytest.raises(TransportError) as caught:
            await asyncio.wait_for(read_all(base_url, made), 30)
        await asyncio.wait_for(left.wait(), 30)
    await made.close()
    failure = caught.value.failure
    assert (failure.kind, failure.message) == (
        FailureKind.TIMEOUT,
        "stream timeout: the upstream stayed silent too long",
    )


async def test_headers_may_take_longer_than_a_silence_and_pieces_come_in_their_order() -> None:
    pieces = [b"data: %d\n\n" % number for number in range(5)]

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        await asyncio.sleep(0.6)
        writer.write(STREAM_HEAD + b"".join(map(chunk, pieces)) + b"0\r\n\r\n")
        await writer.drain()

    made = transport(Timeouts(headers=60, idle=0.5))
    async with listening(handler) as base_url:
        assert await read_all(base_url, made) == (200, b"".join(pieces))
    await made.close()


async def test_who_leaves_a_reply_that_may_not_be_silent_long_is_told_no_timeout() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(STREAM_HEAD)
        await reader.read()

    made = transport(Timeouts(headers=60, idle=30))
    async with listening(handler) as base_url, made.open(CALL, route(base_url)) as reply:
        reading = asyncio.ensure_future(reply.read())
        await asyncio.sleep(0)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
    await made.close()


async def test_a_cut_within_the_body_is_a_disconnect() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(STREAM_HEAD + chunk(b"data: 1\n\n"))
        await writer.drain()

    failure = await failing(handler)
    assert (failure.kind, failure.message.partition(":")[0]) == (FailureKind.DISCONNECTED, "connection lost")


async def test_an_empty_404_empties_the_cookie_jar() -> None:
    cookies: list[bool] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head, _ = await read_request(reader)
            cookies.append(any(line.startswith("cookie:") for line in head))
            status = b"404 Not Found" if len(cookies) == 2 else b"200 OK"
            writer.write(b"HTTP/1.1 " + status + b"\r\nset-cookie: __cf_bm=1\r\ncontent-length: 0\r\n\r\n")

    made = transport()
    async with listening(handler) as base_url:
        for _ in range(3):
            await read_all(base_url, made)
    await made.close()
    assert cookies == [False, True, False]


async def test_an_unknown_proxy_scheme_is_refused_before_anything_is_sent() -> None:
    made = transport()
    odd = Route(base_url="http://127.0.0.1:9", account_id="acc-1", egress_url="gopher://127.0.0.1:1")
    with pytest.raises(TransportError) as caught:
        async with made.open(CALL, odd):
            pass
    await made.close()
    assert caught.value.failure.sent is Sent.NOTHING_SENT
    assert "gopher" not in caught.value.failure.message


def by_way_of(url: str, base_url: str = "https://localhost:9") -> Route:
    return Route(base_url=base_url, account_id="acc-1", egress_url=url, egress_name="Frankfurt")


async def refused(way: Route) -> Failure:
    made = transport()
    with pytest.raises(TransportError) as caught:
        async with made.open(CALL, way):
            pass
    await made.close()
    return caught.value.failure


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("scheme", ["http", "https", "socks5", "socks5h"])
async def test_p_02_a_dead_proxy_is_named_and_nobody_is_asked_directly(scheme: str) -> None:
    asked: list[bytes] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.read(1))

    async with listening(handler) as base_url:
        failure = await refused(by_way_of(f"{scheme}://user:s3cr3t@127.0.0.1:{free_port()}", base_url))
    assert (failure.kind, failure.sent) == (FailureKind.UNREACHABLE, Sent.NOTHING_SENT)
    assert failure.message.startswith("no connection through the egress Frankfurt: ")
    assert "s3cr3t" not in failure.message
    assert not asked


@pytest.mark.parametrize(
    ("scheme", "base_url", "words"),
    [
        ("http", "https://localhost:9", "it wants other credentials (407)"),
        ("http", "http://localhost:9", "it wants other credentials (407)"),
        ("socks5", "https://localhost:9", "it wants other credentials"),
        ("socks5h", "http://localhost:9", "it wants other credentials"),
    ],
)
async def test_a_proxy_that_refuses_our_credentials_says_so(scheme: str, base_url: str, words: str) -> None:
    async with recording_proxy(credentials=("user", "right")) as proxy:
        for login in ("user:s3cr3t@", ""):
            failure = await refused(by_way_of(f"{scheme}://{login}127.0.0.1:{proxy.port}", base_url))
            assert (failure.kind, failure.sent) == (FailureKind.UNREACHABLE, Sent.NOTHING_SENT)
            assert failure.message == f"no connection through the egress Frankfurt: {words}"
    assert (proxy.passages, proxy.refused_count) == ([], 2)


@pytest.mark.parametrize("answer", [b"502 Nobody there", b"403 No", b"302 Elsewhere", b"200"])
async def test_a_proxy_that_lets_nobody_through_is_named(answer: bytes) -> None:
    async with recording_proxy() as proxy:
        proxy.refusal = b"HTTP/1.1 " + answer + b"\r\ncontent-length: 0\r\n\r\n"
        failure = await refused(by_way_of(proxy.url()))
    assert (failure.kind, failure.sent) == (FailureKind.UNREACHABLE, Sent.NOTHING_SENT)
    assert "the egress Frankfurt" in failure.message


@pytest.mark.parametrize("scheme", ["http", "socks5", "socks5h"])
async def test_credentials_with_every_character_reach_the_proxy(scheme: str) -> None:
    async with recording_proxy(credentials=("us er@x", "p:%/?#[]ä")) as proxy, listening(answering) as base_url:
        made = transport()
        async with made.open(CALL, by_way_of(proxy.url(scheme), base_url)) as reply:
            assert reply.status == 200
        await made.close()
    assert [passage.user for passage in proxy.passages] == ["us er@x"]


async def answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")


async def passed(made: HttpTransport, proxy: RecordingProxy, base_url: str) -> list[Passage]:
    """What one more call lets this proxy note."""
    before = len(proxy.passages)
    async with made.open(CALL, by_way_of(proxy.url("socks5"), base_url)) as reply:
        assert await reply.read() == b"ok"
        assert await reply.read() == b""
    return proxy.passages[before:]


async def test_p_12_the_next_request_after_a_change_opens_a_connection_through_the_new_proxy() -> None:
    async with recording_proxy() as old, recording_proxy() as new, listening(answering) as base_url:
        made = transport()
        assert len(await passed(made, old, base_url)) == 1
        assert await passed(made, old, base_url) == []
        assert (old.open_count, new.open_count) == (1, 0)
        assert len(await passed(made, new, base_url)) == 1
        await until(lambda: old.open_count == 0)
        assert new.open_count == 1
        await made.close()


async def test_p_12_a_stream_over_the_old_proxy_goes_on_to_its_end() -> None:
    moved = asyncio.Event()

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(STREAM_HEAD + chunk(b"data: 1\n\n"))
        await moved.wait()
        writer.write(chunk(b"data: 2\n\n") + b"0\r\n\r\n")

    async with recording_proxy() as old, recording_proxy() as new:
        made = transport()
        async with listening(handler) as slow, made.open(CALL, by_way_of(old.url("socks5"), slow)) as reply:
            assert await reply.read() == b"data: 1\n\n"
            async with listening(answering) as base_url:
                await passed(made, new, base_url)
            moved.set()
            assert await reply.read() == b"data: 2\n\n"
        await until(lambda: old.open_count == 0)
        await made.close()


async def test_cancelling_a_pending_read_frees_the_client_at_once() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(STREAM_HEAD)
        await reader.read()

    made = transport()
    async with listening(handler) as base_url:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.2):
                await read_all(base_url, made)
    await made.close()


async def test_a_cancellation_that_meets_a_result_still_cancels() -> None:
    async def deaf() -> bytes:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return b"result"

    async def reading() -> None:
        while True:
            await obeying(deaf())

    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(reading())
        await asyncio.sleep(0)
        task.cancel()
    assert task.cancelled()


class DeafResponse:
    """As pyreqwest's at its worst: a piece comes at the moment of a cancellation, which is dropped for it."""

    status = 200

    @property
    def body_reader(self) -> "DeafResponse":
        return self

    async def read_chunk(self) -> bytes:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return b"piece"


async def test_a_cancellation_that_meets_a_piece_still_cancels() -> None:
    deaf: Any = DeafResponse()
    reply = HttpReply(deaf, deaf, sender="the upstream", deadline=deaf)

    async def reading() -> None:
        while True:
            await reply.read()

    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(reading())
        await asyncio.sleep(0)
        task.cancel()
    assert task.cancelled()


async def test_readers_cancelled_at_any_moment_end() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(STREAM_HEAD)
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(chunk(b"data: 1\n\n"))
                await writer.drain()
                await asyncio.sleep(0)

    made = transport()
    async with listening(handler) as base_url:
        for turn in range(100):
            async with asyncio.TaskGroup() as tasks:
                task = tasks.create_task(read_all(base_url, made))
                await asyncio.sleep(turn / 20_000)
                task.cancel()
            assert task.cancelled()
    await made.close()
