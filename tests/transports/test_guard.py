"""The guard before URLs that a user gave."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
import trustme
from pyreqwest.client import ClientBuilder
from pyreqwest.exceptions import ConnectError

from codex_proxy.transports.guard import AddressRefused, CheckedUrl, UrlGuard, read_url, resolve_here
from tests.transports.names import Names
from tests.transports.wire import listening, read_request

NAME = "pictures.invalid"
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


async def refusal(url: str, *addresses: str, allow_private: bool = False, egress_url: str | None = None) -> str:
    guard = UrlGuard(resolve=Names(addresses), egress_url=egress_url)
    with pytest.raises(AddressRefused) as refused:
        await guard.check(url, allow_private=allow_private)
    return str(refused.value)


async def fetch(guard: UrlGuard, checked: CheckedUrl, pem: bytes | None = None) -> tuple[int, bytes]:
    builder = ClientBuilder() if pem is None else ClientBuilder().add_root_certificate_pem(pem)
    async with guard.connecting(builder, checked).build() as client:
        response = await client.get(checked.url).build().send()
        return response.status, bytes(await response.bytes())


async def test_a_guard_that_stays_on_this_machine_resolves_no_other_name() -> None:
    names = Names(["127.0.0.1"], ["8.8.8.8"])
    guard = UrlGuard(resolve=names, only_here=True)
    for url in ("https://pictures.invalid/", "https://8.8.8.8/", "http://10.0.0.1/"):
        with pytest.raises(AddressRefused, match="stays on this machine"):
            await guard.check(url, allow_private=True)
    assert (await guard.check("http://localhost:1/", allow_private=True)).addresses == ("127.0.0.1",)
    with pytest.raises(AddressRefused, match="stays on this machine"):
        await guard.check("http://localhost:1/", allow_private=True)
    assert (await guard.check("http://[::1]:1/", allow_private=True)).addresses == ("::1",)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "no absolute URL"),
        ("/v1/files", "no absolute URL"),
        ("//a.invalid/x", "no absolute URL"),
        ("http://", "no absolute URL"),
        ("http://a b/", "no absolute URL"),
        ("file:///etc/passwd", "scheme is file"),
        ("ftp://a.invalid/", "scheme is ftp"),
        ("gopher://a.invalid/", "scheme is gopher"),
        ("data:image/png;base64,AAAA", "scheme is data"),
        ("http://user@a.invalid/", "user name or a password"),
        ("http://:word@a.invalid/", "user name or a password"),
        ("https://good.invalid@10.0.0.1/", "user name or a password"),
        ("http://a.invalid:0/", "no host"),
        ("http://a.invalid./", "no host"),
        ("http://a.invalid/" + "x" * 8192, "longer than 8192"),
    ],
)
async def test_what_no_url_may_be(url: str, words: str) -> None:
    with pytest.raises(AddressRefused, match=words):
        read_url(url)
    assert words in await refusal(url, "8.8.8.8", allow_private=True)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.1",
        "017700000001",
        "①②⑦.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "10.0.0.1",
    ],
)
async def test_a_private_address_is_asked_only_where_that_is_allowed_however_it_is_spelt(host: str) -> None:
    assert await refusal(f"http://{host}/") == "it leads to a private address"
    checked = await UrlGuard(resolve=Names(())).check(f"http://{host}/", allow_private=True)
    assert checked.name is None


@pytest.mark.parametrize("address", ["169.254.169.254", "[fe80::1]", "[fd00:ec2::254]", "224.0.0.1", "0.0.0.0", "0"])
async def test_some_addresses_are_never_asked(address: str) -> None:
    assert await refusal(f"http://{address}/latest/meta-data", allow_private=True) == "it leads to a forbidden address"


async def test_a_name_is_judged_by_all_its_addresses_and_resolved_once() -> None:
    names = Names(["93.184.216.34", "2606:4700::1111"])
    checked = await UrlGuard(resolve=names).check("HTTPS://Bücher.Invalid/a?b=c#d")
    assert checked == CheckedUrl(
        url="https://xn--bcher-kva.invalid/a?b=c#d",
        name="xn--bcher-kva.invalid",
        addresses=("93.184.216.34", "2606:4700::1111"),
        port=443,
    )
    assert checked.address == "93.184.216.34"
    assert names.asked == [("xn--bcher-kva.invalid", 443)]
    for second in ("10.0.0.1", "169.254.169.254", "::1"):
        assert "it leads to a" in await refusal(f"http://{NAME}/", "93.184.216.34", second)
    assert "forbidden" in await refusal(f"http://{NAME}/", "10.0.0.1", "fe80::1", allow_private=True)


@pytest.mark.parametrize("error", [OSError("no such name"), TimeoutError(), UnicodeError("too long")])
async def test_a_name_that_cannot_be_resolved_is_refused_without_its_reason(error: Exception) -> None:
    async def resolve(name: str, port: int) -> Sequence[str]:
        raise error

    with pytest.raises(AddressRefused, match="its host has no address"):
        await UrlGuard(resolve=resolve).check(f"http://{NAME}/")
    assert await refusal(f"http://{NAME}/") == "its host has no address"


async def test_this_machines_resolver_knows_the_machine() -> None:
    assert "127.0.0.1" in await resolve_here("localhost", 80)
    with pytest.raises(AddressRefused, match="private"):
        await UrlGuard().check("http://localhost:8080/")


async def test_the_connection_goes_to_the_checked_address_whatever_the_name_says_later() -> None:
    heads: list[list[str]] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await read_request(reader))[0])
        writer.write(OK)

    async with listening(handler) as base_url:
        port = base_url.rpartition(":")[2].partition("/")[0]
        names = Names(["127.0.0.1"], ["169.254.169.254"])
        guard = UrlGuard(resolve=names)
        checked = await guard.check(f"http://{NAME}:{port}/a", allow_private=True)
        assert await fetch(guard, checked) == (200, b"ok")
    assert f"Host: {NAME}:{port}" in heads[0]
    assert len(names.asked) == 1


async def test_redirects_are_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await read_request(reader))[0][0])
        writer.write(b"HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n")

    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")  # nor is a proxy of the environment used
    async with listening(handler) as base_url:
        guard = UrlGuard()
        checked = await guard.check(base_url, allow_private=True)
        assert (await fetch(guard, checked))[0] == 302
    assert asked == ["GET /backend-api HTTP/1.1"]


@asynccontextmanager
async def https(certified: str, authority: trustme.CA) -> AsyncIterator[int]:
    """The port of a server whose certificate is for this name."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(OK)
        await writer.drain()
        writer.close()

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(certified).configure_cert(context)
    server = await asyncio.start_server(handler, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_a_certificate_has_to_be_the_names_own() -> None:
    authority = trustme.CA()
    pem = authority.cert_pem.bytes()
    guard = UrlGuard(resolve=Names(["127.0.0.1"]))
    async with https(NAME, authority) as port:
        checked = await guard.check(f"https://{NAME}:{port}/", allow_private=True)
        assert await fetch(guard, checked, pem) == (200, b"ok")
    async with https("other.invalid", authority) as port:
        checked = await guard.check(f"https://{NAME}:{port}/", allow_private=True)
        with pytest.raises(ConnectError):
            await fetch(guard, checked, pem)


@pytest.mark.parametrize("scheme", ["http", "https", "socks5h"])
async def test_a_proxy_that_resolves_names_gets_none(scheme: str) -> None:
    egress_url = f"{scheme}://127.0.0.1:9"
    assert "resolved by the egress proxy" in await refusal(f"https://{NAME}/", "93.184.216.34", egress_url=egress_url)
    checked = await UrlGuard(egress_url=egress_url, resolve=Names(())).check("https://93.184.216.34/")
    assert checked.address == "93.184.216.34"


async def test_a_proxy_that_leaves_names_to_us_gets_the_checked_address() -> None:
    wanted: list[bytes] = []

    async def socks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly((await reader.readexactly(2))[1])
        writer.write(b"\x05\x00")
        wanted.append(await reader.readexactly(10))
        writer.write(b"\x05\x02\x00\x01" + bytes(6))  # not allowed by the ruleset

    async with listening(socks) as base_url:
        egress_url = base_url.replace("http", "socks5").rpartition("/")[0]
        guard = UrlGuard(egress_url=egress_url, resolve=Names(["93.184.216.34"], ["10.0.0.1"]))
        checked = await guard.check(f"https://{NAME}/")
        with pytest.raises(ConnectError):
            await fetch(guard, checked)
    assert wanted == [b"\x05\x01\x00\x01" + bytes([93, 184, 216, 34]) + b"\x01\xbb"]


@pytest.mark.parametrize(
    "host", ["93.184.216.34", "[::ffff:93.184.216.34]", "[64:ff9b::5db8:d822]", "[2002:5db8:d822::1]"]
)
async def test_a_call_with_a_key_is_judged_more_strictly(host: str) -> None:
    guard = UrlGuard(resolve=Names([host.strip("[]")]))
    for url in (f"http://{host}/", f"http://{NAME}/"):
        await guard.check(url)
        with pytest.raises(AddressRefused, match=r"over https only|stands for an IPv4 one"):
            await guard.check(url, carries_key=True)
    if "[" not in host:
        await guard.check(f"https://{NAME}/", carries_key=True)


async def test_a_refusal_says_whether_allowing_private_addresses_would_help() -> None:
    for address, helps in (("10.0.0.1", True), ("169.254.169.254", False)):
        with pytest.raises(AddressRefused) as refused:
            await UrlGuard(resolve=Names([address])).check(f"https://{NAME}/")
        assert refused.value.allowing_helps is helps
