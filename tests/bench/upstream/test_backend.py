"""Backend and load generator against each other: every answer arrives whole, at its pace, and failures are seen."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bench.load import Load, Observed, hold_streams
from bench.questions import Endpoint
from bench.upstream.backend import CHAT_PATH, RESPONSES_PATH, Backend, BackendConnection, Pace, port_of, take_request


@asynccontextmanager
async def backend(pace: Pace) -> AsyncIterator[int]:
    """A backend in this loop; its port."""
    loop = asyncio.get_running_loop()
    shared = Backend(loop)
    shared.set_pace(pace)
    server = await loop.create_server(lambda: BackendConnection(shared), "127.0.0.1", 0)
    async with server:
        yield port_of(server.sockets[0])


async def ask(port: int, path: str, *, tokens: int, limit_seconds: float = 5) -> Observed:
    """Three connections that each ask for at least one answer."""
    endpoint = Endpoint(port=port, path=path, dialect="chat" if path == CHAT_PATH else "responses", key="key")
    load = Load(endpoint, streams=3, tokens=tokens)
    return await load.run(seconds=0.05, stagger_seconds=0, limit_seconds=limit_seconds)


async def test_paced_answers_arrive_whole_in_both_dialects() -> None:
    async with backend(Pace(events=5, gap_ms=20)) as port:
        for path in (CHAT_PATH, RESPONSES_PATH):
            observed = await ask(port, path, tokens=5)
            assert not observed.failures
            assert observed.answers >= 3
            assert len(observed.gap_seconds) == 4 * observed.answers


async def test_a_burst_is_one_write_and_counts_all_its_tokens() -> None:
    async with backend(Pace(events=50, gap_ms=0)) as port:
        observed = await ask(port, RESPONSES_PATH, tokens=50)
    assert not observed.failures
    assert len(observed.gap_seconds) == 49 * observed.answers


async def test_an_answer_with_too_few_tokens_is_a_failure() -> None:
    async with backend(Pace(events=4, gap_ms=0)) as port:
        observed = await ask(port, CHAT_PATH, tokens=5)
    assert observed.answers == 0
    assert set(observed.failures) == {"too few tokens"}


async def test_a_refusal_is_a_failure_with_its_status() -> None:
    async with backend(Pace()) as port:
        observed = await ask(port, "/nowhere", tokens=5)
    assert observed.answers == 0
    assert all(reason.startswith("status 404") for reason in observed.failures)


async def test_an_answer_that_does_not_end_is_given_up() -> None:
    async with backend(Pace(hold=True)) as port:
        observed = await ask(port, CHAT_PATH, tokens=100, limit_seconds=0.3)
    assert observed.failures == {"not done in time": 3}


async def test_held_streams_stay_open_after_their_first_token() -> None:
    async with backend(Pace(hold=True)) as port:
        endpoint = Endpoint(port=port, path=CHAT_PATH, dialect="chat", key="key")
        connections, failures = await hold_streams(endpoint, count=10, opening=4, limit_seconds=5)
        assert not failures
        assert all(connection.open for connection in connections)
        for connection in connections:
            connection.close()


def test_requests_are_cut_off_whole_however_they_arrive() -> None:
    plain = b"POST /a?x=1 HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"
    chunked = b"POST /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nz\r\n0\r\n\r\n"
    received = bytearray()
    taken = []
    for byte in plain + chunked:
        received.append(byte)
        taken.append(take_request(received))
    assert [request for request in taken if request] == [("/a", b"abc"), ("/b", b"1\r\nz\r\n0\r\n\r\n")]
