"""Guarded calls over real sockets: who is never asked, what a redirect and a rebinding come to, and egress proxies."""

import pytest

from codex_proxy.canonical.failure import FailureKind, Sent
from codex_proxy.gateway.ports import Route
from codex_proxy.protocols.base import UpstreamCall
from codex_proxy.transports.http import ADDRESS_REFUSED
from codex_proxy.transports.vendors.transport import REDIRECTED
from tests.transports.recording_proxy import recording_proxy
from tests.transports.test_http import free_port
from tests.transports.vendors.stage import CALL, HOME, KEY, NAME, PUBLIC, Vendor, certificate, route, stage
from tests.waiting import until

SCHEMES = ["http", "https", "socks5", "socks5h"]
NEVER = [
    "169.254.169.254",
    "169.254.1.1",
    "100.100.100.200",
    "fd00:ec2::254",
    "fe80::1",
    "0.0.0.0",
    "::",
    "224.0.0.1",
    "ff02::1",
    "255.255.255.255",
    "::ffff:169.254.169.254",
    "::ffff:127.0.0.1",
    "::ffff:93.184.216.34",
    "::7f00:1",
    "::5db8:d822",
    "64:ff9b::7f00:1",
    "64:ff9b::5db8:d822",
    "64:ff9b:1::7f00:1",
    "2002:7f00:1::1",
    "2002:5db8:d822::1",
]
PRIVATE = ["127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "::1", "fd12::1"]


def literal(address: str) -> str:
    return f"[{address}]" if ":" in address else address


@pytest.mark.parametrize("address", NEVER)
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_addresses_that_are_never_asked_literally_or_by_name(scheme: str, address: str) -> None:
    async with stage([address]) as made:
        for host in (literal(address), NAME):
            failure = await made.refusal(f"{scheme}://{host}/v1", allow_private=True)
            assert (failure.kind, failure.sent, failure.code) == (
                FailureKind.UNREACHABLE,
                Sent.NOTHING_SENT,
                ADDRESS_REFUSED,
            )
            assert failure.message.startswith(f"acme ({host.strip('[]')}) is not asked: it leads to a")
            assert address not in failure.message.replace(f"({address})", "")
        assert len(made.clients) == 0


@pytest.mark.parametrize("address", PRIVATE)
async def test_private_addresses_are_refused_with_the_way_to_allow_them(address: str) -> None:
    async with stage([address], [PUBLIC, address]) as made:
        for host in (literal(address), NAME, NAME):
            failure = await made.refusal(f"https://{host}/v1")
            assert failure.message.endswith(
                "is not asked: it leads to a private address; allow_private on its key lets it, or "
                "security.allow_private_upstreams"
            )
        assert made.names.asked == [(NAME, 443)] * 2
        assert len(made.clients) == 0


@pytest.mark.parametrize("host", [HOME, NAME, "localhost"])
async def test_the_opt_in_lets_private_addresses_be_asked(host: str) -> None:
    vendor = Vendor()
    async with vendor.listening() as port, stage([HOME]) as made:
        assert await made.ask(f"http://{host}:{port}/v1", allow_private=True) == (200, b"ok")
        assert await made.ask(f"http://{host}:{port}/v1", allow_private=True) == (200, b"ok")
    (head, _) = vendor.heads
    assert head[0] == "POST /v1/chat/completions HTTP/1.1"
    names = [line.partition(":")[0] for line in head[1:]]
    assert sorted(names) == ["accept", "authorization", "content-length", "host", "user-agent"]
    assert "user-agent: codex-proxy/test" in head
    assert f"host: {host}:{port}" in head
    assert vendor.connections_count == 1


@pytest.mark.parametrize("base_url", [f"http://{NAME}/v1", f"http://{PUBLIC}/v1"])
async def test_a_key_goes_to_public_addresses_over_https_only(base_url: str) -> None:
    async with stage([PUBLIC]) as made:
        failure = await made.refusal(base_url, allow_private=True)
    assert failure.message.endswith("a key is sent to a public address over https only")


@pytest.mark.parametrize(
    ("base_url", "words"),
    [
        ("", "acme is not asked: it is no absolute URL"),
        ("http://[::1", "acme is not asked: it is no absolute URL"),
        ("ftp://a.invalid", "acme (a.invalid) is not asked: its scheme is ftp, not http or https"),
        ("https://user:word@a.invalid", "acme (a.invalid) is not asked: it holds a user name or a password"),
        ("https://nobody.invalid", "acme (nobody.invalid) is not asked: its host has no address"),
    ],
)
async def test_what_no_base_url_may_be(base_url: str, words: str) -> None:
    async with stage() as made:
        assert (await made.refusal(base_url, allow_private=True)).message == words


async def test_a_call_without_a_guarded_route_or_a_path_is_a_defect() -> None:
    wrong = [
        (CALL, Route(base_url="https://a.invalid", account_id="key-1")),
        (UpstreamCall(method="GET", path="@b.invalid/", headers=()), route("https://a.invalid")),
    ]
    async with stage() as made:
        for call, way in wrong:
            with pytest.raises(ValueError, match="guarded route"):
                made.transport.open(call, way)


# ------------------------------------------------------------------------------------------------- redirects


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent", "300 Choices"])
async def test_a_redirect_is_a_failure_and_nothing_is_sent_where_it_points(status: str) -> None:
    other, vendor = Vendor(), Vendor()
    async with other.listening() as there, vendor.listening() as port, stage() as made:
        vendor.answer = f"HTTP/1.1 {status}\r\nlocation: http://{HOME}:{there}/v1\r\ncontent-length: 0\r\n\r\n".encode()
        failure = await made.refusal(f"http://{HOME}:{port}/v1", allow_private=True)
    assert (failure.kind, failure.code, failure.sent) == (FailureKind.GARBLED, REDIRECTED, Sent.MAYBE_SENT)
    assert failure.status == int(status[:3])
    assert failure.message.startswith(f"acme ({HOME}) leads on to another address, which is not followed")
    assert (len(vendor.heads), other.heads) == (1, [])


async def test_not_modified_is_an_answer() -> None:
    vendor = Vendor(b"HTTP/1.1 304 Not Modified\r\netag: x\r\n\r\n")
    async with vendor.listening() as port, stage() as made:
        assert await made.ask(f"http://{HOME}:{port}/v1", allow_private=True) == (304, b"")


# ------------------------------------------------------------------------------------------------ rebinding


async def test_a_name_that_changes_between_check_and_connect_changes_nothing() -> None:
    vendor = Vendor()
    async with vendor.listening() as port, stage([HOME], ["169.254.169.254"]) as made:
        base_url = f"http://{NAME}:{port}/v1"
        for _ in range(3):
            assert await made.ask(base_url, allow_private=True) == (200, b"ok")
            made.time.now += 19
        assert (made.names.asked, vendor.connections_count) == ([(NAME, port)], 1)
        made.time.now += 10
        failure = await made.refusal(base_url, allow_private=True)
    assert failure.message == f"acme ({NAME}) is not asked: it leads to a forbidden address"
    assert len(vendor.heads) == 3


async def test_a_kept_connection_stays_while_its_address_is_among_those_of_the_name() -> None:
    vendor = Vendor()
    async with vendor.listening() as port, stage([HOME], ["127.0.0.9", HOME], ["127.0.0.9"]) as made:
        base_url = f"http://{NAME}:{port}/v1"
        for _ in range(2):
            assert await made.ask(base_url, allow_private=True) == (200, b"ok")
            made.time.now += 61
        assert (len(made.names.asked), vendor.connections_count) == (2, 1)
        failure = await made.refusal(base_url, allow_private=True)
        assert (failure.kind, failure.sent) == (FailureKind.UNREACHABLE, Sent.NOTHING_SENT)
        assert len(made.clients) == 1


async def test_an_address_that_is_not_reached_gives_way_to_the_next() -> None:
    vendor = Vendor()
    async with vendor.listening() as port, stage(["::1", HOME]) as made:
        for _ in range(2):
            assert await made.ask(f"http://{NAME}:{port}/v1", allow_private=True) == (200, b"ok")
    assert vendor.connections_count == 1


async def test_another_place_of_a_key_has_a_client_of_its_own() -> None:
    old, new = Vendor(), Vendor()
    async with old.listening() as here, new.listening() as there, stage() as made:
        for port in (here, there):
            assert await made.ask(f"http://{HOME}:{port}/v1", allow_private=True) == (200, b"ok")
        assert len(made.clients) == 1
    assert (len(old.heads), len(new.heads)) == (1, 1)


# ------------------------------------------------------------------------------------------------- failures


async def test_failures_name_the_vendor_and_its_host_and_neither_address_nor_key() -> None:
    async with stage([HOME]) as made:
        failure = await made.refusal(f"http://{NAME}:{free_port()}/v1", allow_private=True)
    assert (failure.kind, failure.sent) == (FailureKind.UNREACHABLE, Sent.NOTHING_SENT)
    assert failure.message.startswith(f"no connection to acme ({NAME}): ")
    assert HOME not in failure.message
    assert KEY not in failure.message


async def test_a_certificate_has_to_be_the_names_own() -> None:
    vendor = Vendor()
    async with vendor.listening(certified="other.invalid") as port, stage([HOME]) as made:
        failure = await made.refusal(f"https://{NAME}:{port}/v1", allow_private=True)
    assert (failure.kind, failure.sent) == (FailureKind.UNREACHABLE, Sent.NOTHING_SENT)
    assert "invalid peer certificate" in failure.message
    assert vendor.heads == []


async def test_an_answer_that_breaks_off_names_the_vendor() -> None:
    vendor = Vendor(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok", cuts=True)
    async with vendor.listening() as port, stage([HOME]) as made:
        failure = await made.refusal(f"http://{NAME}:{port}", allow_private=True)
    assert failure.message == f"connection lost: acme ({NAME}) broke off the stream"


# --------------------------------------------------------------------------------------------- egress proxies


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_an_egress_proxy_is_asked_for_the_checked_address_and_never_for_a_name(scheme: str) -> None:
    vendor = Vendor()
    tls = certificate("localhost") if scheme == "https" else None
    async with (
        vendor.listening(certified=NAME) as port,
        recording_proxy(credentials=("us er", "p:%@/ä"), tls=tls) as proxy,
        stage([PUBLIC], ["2606:4700::1111"], ["10.0.0.1"]) as made,
    ):
        proxy.detour = port
        egress_url = proxy.url(scheme).replace(HOME, "localhost")
        for _ in range(2):
            assert await made.ask(f"https://{NAME}/v1", egress_url=egress_url) == (200, b"ok")
        made.time.now += 61
        assert await made.ask(f"https://{NAME}/v1", egress_url=egress_url) == (200, b"ok")
        made.time.now += 61
        assert "private" in (await made.refusal(f"https://{NAME}/v1", egress_url=egress_url)).message
    targets = [passage.target for passage in proxy.passages]
    assert targets[0] == f"{PUBLIC}:443"
    assert targets[1].replace("2606:4700:0000:0000:0000:0000:0000:1111", "2606:4700::1111") == "[2606:4700::1111]:443"
    assert len(targets) == 2
    assert {passage.user for passage in proxy.passages} == {"us er"}
    assert [f"host: {NAME}" in head for head in vendor.heads] == [True, True, True]


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_behind_an_egress_proxy_nobody_is_asked_who_would_not_be_asked_directly(scheme: str) -> None:
    tls = certificate("localhost") if scheme == "https" else None
    async with recording_proxy(tls=tls) as proxy, stage([HOME], [PUBLIC, "fe80::1"]) as made:
        egress_url = proxy.url(scheme).replace(HOME, "localhost")
        for host in (HOME, "[::ffff:7f00:1]", "169.254.169.254", NAME, NAME):
            failure = await made.refusal(f"https://{host}/v1", egress_url=egress_url)
            assert (failure.code, failure.sent) == (ADDRESS_REFUSED, Sent.NOTHING_SENT)
    assert (proxy.passages, proxy.connections_count) == ([], 0)


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_an_allowed_private_address_is_asked_directly_since_the_proxy_stands_elsewhere(scheme: str) -> None:
    vendor = Vendor()
    async with vendor.listening() as port, recording_proxy() as proxy, stage([HOME]) as made:
        for host in (HOME, NAME):
            answer = await made.ask(f"http://{host}:{port}/v1", allow_private=True, egress_url=proxy.url(scheme))
            assert answer == (200, b"ok")
    assert (proxy.passages, proxy.connections_count) == ([], 0)


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_through_an_egress_proxy_the_certificate_is_checked_against_the_name(scheme: str) -> None:
    vendor = Vendor()
    tls = certificate("localhost") if scheme == "https" else None
    async with (
        vendor.listening(certified="other.invalid") as port,
        recording_proxy(tls=tls) as proxy,
        stage([PUBLIC]) as made,
    ):
        proxy.detour = port
        failure = await made.refusal(f"https://{NAME}/v1", egress_url=proxy.url(scheme).replace(HOME, "localhost"))
    assert "invalid peer certificate" in failure.message
    assert vendor.heads == []
    assert len(proxy.passages) == 1


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_through_an_egress_proxy_a_redirect_is_not_followed(scheme: str) -> None:
    vendor = Vendor(b"HTTP/1.1 302 Found\r\nlocation: https://10.0.0.1/\r\ncontent-length: 0\r\n\r\n")
    tls = certificate("localhost") if scheme == "https" else None
    async with vendor.listening(certified=NAME) as port, recording_proxy(tls=tls) as proxy, stage([PUBLIC]) as made:
        proxy.detour = port
        failure = await made.refusal(f"https://{NAME}/v1", egress_url=proxy.url(scheme).replace(HOME, "localhost"))
    assert failure.code == REDIRECTED
    assert len(proxy.passages) == 1


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_a_dead_proxy_is_named_and_nobody_is_asked_directly(scheme: str) -> None:
    async with stage([PUBLIC]) as made:
        egress_url = f"{scheme}://user:s3cr3t@{HOME}:{free_port()}"
        failure = await made.refusal(f"https://{NAME}/v1", egress_url=egress_url)
    assert (failure.kind, failure.sent) == (FailureKind.UNREACHABLE, Sent.NOTHING_SENT)
    assert failure.message == "no connection through the egress Frankfurt: it cannot be reached"


@pytest.mark.parametrize(
    ("scheme", "words"),
    [
        ("http", "it wants other credentials (407)"),
        ("socks5", "it wants other credentials"),
        ("socks5h", "it wants other credentials"),
    ],
)
async def test_a_proxy_that_refuses_our_credentials_says_so(scheme: str, words: str) -> None:
    async with recording_proxy(credentials=("user", "right")) as proxy, stage([PUBLIC]) as made:
        egress_url = proxy.url(scheme).replace("right", "s3cr3t")
        failure = await made.refusal(f"https://{NAME}/v1", egress_url=egress_url)
        assert failure.message == f"no connection through the egress Frankfurt: {words}"
        assert proxy.passages == []


async def test_an_egress_proxy_of_an_unknown_kind_is_refused() -> None:
    async with stage([PUBLIC]) as made:
        failure = await made.refusal(f"https://{NAME}/v1", egress_url=f"gopher://{HOME}:9")
    assert failure.sent is Sent.NOTHING_SENT
    assert "scheme" in failure.message


async def test_what_was_left_early_is_ended_at_the_proxy_too() -> None:
    vendor = Vendor(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok")
    async with vendor.listening(certified=NAME) as port, recording_proxy() as proxy, stage([PUBLIC]) as made:
        proxy.detour = port
        async with made.transport.open(CALL, route(f"https://{NAME}/v1", egress_url=proxy.url("http"))) as reply:
            assert await reply.read() == b"ok"
            assert proxy.open_count == 1
        await until(lambda: proxy.open_count == 0)
