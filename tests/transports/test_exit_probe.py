"""Where calls come out, asked through a proxy and never beside it."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
import trustme
import uvloop

from codex_proxy.operations.egress.checks import ExitAnswer, NotThrough
from codex_proxy.transports.exit_probe import GuardedProbe
from codex_proxy.transports.guard import UrlGuard
from tests.transports.recording_proxy import RecordingProxy, recording_proxy
from tests.transports.test_http import free_port
from tests.transports.wire import read_request

ANSWER = b'{"ip":"192.0.2.7"}'
OK = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(ANSWER), ANSWER)


class Site:
    """A site on loopback that answers everybody the same; ``peers`` are who came, ``heads`` what they said."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.peers: list[str] = []
        self.heads: list[list[str]] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.peers.append(writer.get_extra_info("peername")[0])
        self.heads.append((await read_request(reader))[0])
        writer.write(self.answer)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def site(answer: bytes = OK, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Site]:
    made = Site(answer)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, ssl=tls)
    async with server:
        made.port = server.sockets[0].getsockname()[1]
        yield made


async def resolve(name: str, port: int) -> Sequence[str]:
    return {"check.test": ["127.0.0.1"], "inside.test": ["169.254.169.254"]}[name]


def probe(trusted_pem: bytes | None = None, *, allow_private: bool = True) -> GuardedProbe:
    return GuardedProbe(UrlGuard(resolve=resolve), allow_private=allow_private, trusted_pem=trusted_pem)


async def reason(egress_url: str, check_url: str, asking: GuardedProbe | None = None) -> str:
    with pytest.raises(NotThrough) as caught:
        await (asking or probe()).ask(egress_url, check_url)
    return str(caught.value)


def server_side(*names: str) -> tuple[ssl.SSLContext, bytes]:
    """A context for a server of these names, and the authority to trust."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context, authority.cert_pem.bytes()


@pytest.mark.parametrize("scheme", ["http", "socks5", "socks5h"])
async def test_the_question_goes_through_the_proxy_to_the_address_of_its_name(scheme: str) -> None:
    async with recording_proxy(leaves_from="127.0.0.2") as proxy, site() as there:
        url = f"http://check.test:{there.port}/?format=json"
        assert await probe().ask(proxy.url(scheme), url) == ExitAnswer(status=200, body=ANSWER)
    assert there.peers == ["127.0.0.2"]
    assert [passage.target for passage in proxy.passages] == [f"127.0.0.1:{there.port}"]
    assert there.heads[0][:2] == ["GET /?format=json HTTP/1.1", f"Host: check.test:{there.port}"]


async def asked_over_tls(name: str) -> tuple[ExitAnswer, RecordingProxy]:
    """The answer of a site of this name over TLS, through a proxy that is spoken to over TLS."""
    context, authority = server_side("check.test", "127.0.0.1")
    asking = probe(authority)
    async with recording_proxy(tls=context) as proxy, site(tls=context) as there:
        return await asking.ask(proxy.url("https"), f"https://{name}:{there.port}"), proxy


@pytest.mark.parametrize("name", ["check.test", "127.0.0.1"])
async def test_the_name_is_what_the_certificate_is_checked_against(name: str) -> None:
    answer, proxy = await asked_over_tls(name)
    assert (answer.status, len(proxy.passages)) == (200, 1)


def test_tls_within_tls_works_on_the_loop_that_is_served_with() -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        answer, _ = runner.run(asked_over_tls("check.test"))
    assert answer.body == ANSWER


async def test_p_08_somebody_between_with_another_certificate_is_no_answer() -> None:
    context, _ = server_side("check.test")
    _, other = server_side("check.test")
    async with recording_proxy() as proxy, site(tls=context) as there:
        words = await reason(proxy.url(), f"https://check.test:{there.port}", probe(other))
    assert "certificate is not trusted" in words
    assert there.heads == []


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://inside.test/", "it leads to a forbidden address"),
        ("http://169.254.169.254/", "it leads to a forbidden address"),
        ("http://2852039166/", "it leads to a forbidden address"),
        ("ftp://check.test/", "its scheme is ftp"),
        ("http://user:pass@check.test/", "it holds a user name or a password"),
    ],
)
async def test_p_10_what_may_not_be_asked_is_not_asked(url: str, words: str) -> None:
    async with recording_proxy() as proxy:
        assert words in await reason(proxy.url(), url)
    assert proxy.connections_count == 0


async def test_p_10_private_addresses_need_leave() -> None:
    async with recording_proxy() as proxy:
        assert "private" in await reason(proxy.url(), "http://check.test/", probe(allow_private=False))


async def test_p_10_the_name_is_resolved_once() -> None:
    answers = iter([["127.0.0.1"], ["169.254.169.254"]])

    async def rebinding(name: str, port: int) -> Sequence[str]:
        return next(answers)

    async with recording_proxy() as proxy, site() as there:
        asking = GuardedProbe(UrlGuard(resolve=rebinding), allow_private=True)
        await asking.ask(proxy.url("socks5h"), f"http://check.test:{there.port}/")
    assert [passage.target for passage in proxy.passages] == [f"127.0.0.1:{there.port}"]


async def test_p_08_redirects_are_told_and_not_followed() -> None:
    answer = b"HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n"
    async with recording_proxy() as proxy, site(answer) as there:
        assert (await probe().ask(proxy.url(), f"http://check.test:{there.port}/")).status == 302
    assert len(proxy.passages) == 1


async def test_no_more_is_read_than_an_address_needs() -> None:
    async with recording_proxy() as proxy, site(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1_000_000) as there:
        answer = await probe().ask(proxy.url(), f"http://check.test:{there.port}/")
    assert (answer.status, len(answer.body)) == (200, 4096)


async def test_an_answer_may_end_with_its_connection() -> None:
    async with recording_proxy() as proxy, site(b"HTTP/1.1 200 OK\r\n\r\n192.0.2.7") as there:
        answer = await probe().ask(proxy.url(), f"http://check.test:{there.port}/")
    assert answer == ExitAnswer(status=200, body=b"192.0.2.7")


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200", OK[:-9], b"garbage\r\n\r\n"])
async def test_an_answer_that_is_none_is_told_in_words(answer: bytes) -> None:
    async with recording_proxy() as proxy, site(answer) as there:
        words = await reason(proxy.url(), f"http://check.test:{there.port}/")
    assert words == "the connection through it broke off"


async def test_a_dead_proxy_is_never_gone_round() -> None:
    async with site() as there:
        words = await reason(f"http://u:s3cr3t@127.0.0.1:{free_port()}", f"http://check.test:{there.port}/")
    assert (words, there.peers) == ("it cannot be reached", [])
    assert await reason("nonsense", "http://check.test/") == "its address cannot be read"
    forbidden = await reason("http://u:s3cr3t@169.254.169.254:80", "http://check.test/")
    assert forbidden == "host: a link-local, multicast or cloud metadata address is no proxy's"


async def test_who_stays_on_this_machine_asks_no_proxy_elsewhere() -> None:
    asking = GuardedProbe(UrlGuard(only_here=True), allow_private=True, only_here=True)
    for egress_url in ("http://192.0.2.1:1", "socks5://egress.invalid:1"):
        assert "stays on this machine" in await reason(egress_url, "http://127.0.0.1:1/", asking)
    assert "stays on this machine" in await reason("http://127.0.0.1:1", "https://check.invalid/", asking)
