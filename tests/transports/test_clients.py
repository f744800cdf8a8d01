"""Clients are shared by route, kept while used, and evicted oldest first."""

import asyncio

import pytest
from pyreqwest.client import ClientBuilder
from pyreqwest.exceptions import PyreqwestError

from codex_proxy.canonical.failure import Sent
from codex_proxy.gateway.ports import Guarding, Route, TransportError
from codex_proxy.operations.egress.addresses import exit_of
from codex_proxy.transports.clients import Binding, ClientPool, PooledClient, Room, Timeouts, refuse_wrong_proxy
from codex_proxy.transports.cookie_keeping import CookieJars
from tests.transports.recording_proxy import RecordingProxy, recording_proxy

PROXY = "http://127.0.0.1:3128"


class Time:
    def __init__(self) -> None:
        self.now = 1.0

    def __call__(self) -> float:
        return self.now


def pool(time: Time, *, max_clients: int = 2) -> ClientPool:
    return ClientPool(timeouts=Timeouts(), now=time, room=Room(max_clients=max_clients, idle_seconds=60))


def route(account_id: str, egress_url: str | None = None) -> Route:
    return Route(base_url="http://127.0.0.1", account_id=account_id, egress_url=egress_url)


def closed(*pooled: PooledClient) -> list[bool]:
    return [each.closed for each in pooled]


async def test_p_12_an_account_that_moves_gets_a_new_client_and_the_old_one_goes_when_nobody_uses_it() -> None:
    clients = pool(Time(), max_clients=9)
    async with clients.use(route("a")) as direct, clients.use(route("b")) as other:
        async with clients.use(route("a", PROXY)) as proxied:
            assert direct is not proxied
            assert (direct.retired, proxied.retired, other.retired, len(clients)) == (True, False, False, 2)
        assert closed(direct) == [False]
    assert closed(direct) == [True]
    assert closed(other) == [False]
    async with clients.use(route("a")) as again:
        assert again is not direct
        assert closed(proxied) == [True]
    await clients.close()


async def test_p_12_clients_of_accounts_that_are_told_to_have_moved_go_at_once() -> None:
    clients = pool(Time(), max_clients=9)
    async with clients.use(route("b")) as other, clients.use(route("c")) as busy:
        async with clients.use(route("a", PROXY)) as idle:
            pass
        await clients.retire(["a", "c", "nobody"])
        assert closed(idle, other, busy) == [True, False, False]
    assert closed(busy) == [True]
    async with clients.use(route("c")) as again:
        assert again is not busy
    await clients.close()


async def test_a_proxy_is_told_who_we_say_we_are() -> None:
    names = iter(["codex/1", "codex/2"])
    clients = ClientPool(timeouts=Timeouts(), now=Time(), user_agent=lambda: next(names))

    async def ask(account_id: str, proxy: RecordingProxy) -> None:
        async with clients.use(route(account_id, proxy.url())) as pooled:
            with pytest.raises(PyreqwestError):
                await pooled.client.get("https://127.0.0.1:1").build().send()

    async with recording_proxy() as proxy:
        await ask("a", proxy)
        await ask("b", proxy)
    assert proxy.user_agents == ["codex/1", "codex/2"]
    await clients.close()


async def test_what_still_streams_over_an_old_way_is_cut_by_the_end() -> None:
    clients = pool(Time())
    async with clients.use(route("a")) as direct:
        async with clients.use(route("a", PROXY)):
            pass
        await clients.close()
        assert closed(direct) == [True]


def test_cookies_are_of_the_account_and_where_it_comes_out_and_not_of_the_issuers_host() -> None:
    jars = CookieJars(now=Time(), upstream_host="127.0.0.1")
    clients = ClientPool(timeouts=Timeouts(), now=Time(), jars=jars)
    pooled = PooledClient(ClientBuilder().build(), exit_of(PROXY))
    assert clients.jar(pooled, route("a", PROXY)) is jars.jar("a", exit_of(PROXY))
    issuer = Route(base_url="https://auth.openai.com", account_id="a", egress_url=PROXY)
    assert clients.jar(pooled, issuer) is None


def test_a_guarded_call_has_no_cookies() -> None:
    clients = pool(Time())
    pooled = PooledClient(ClientBuilder().build(), exit_of(None))
    guarded = Route(base_url="http://127.0.0.1", account_id="a", guarding=Guarding(vendor="acme"))
    assert clients.jar(pooled, route("a")) is not None
    assert clients.jar(pooled, guarded) is None


async def test_a_client_is_bound_to_its_address_and_another_address_is_another_client() -> None:
    clients = pool(Time(), max_clients=9)
    here, there = (Binding(name="a.invalid", address=address, port=1) for address in ("127.0.0.1", "127.0.0.2"))
    async with clients.use(route("a"), here) as first, clients.use(route("a"), here) as again:
        assert again is first
        async with clients.use(route("a"), there) as other:
            assert other is not first
            assert first.retired
    assert closed(first, other) == [True, False]
    assert "127.0.0.1" not in repr(here)
    await clients.close()


async def test_a_first_burst_builds_one_client() -> None:
    clients = pool(Time())

    async def use() -> int:
        async with clients.use(route("a")) as pooled:
            return id(pooled)

    assert len(set(await asyncio.gather(*(use() for _ in range(8))))) == 1
    await clients.close()


async def test_the_oldest_idle_client_goes_first_and_a_busy_one_stays() -> None:
    time = Time()
    clients = pool(time)
    async with clients.use(route("busy")) as busy:
        for account_id in ("a", "b", "c"):
            time.now += 1
            async with clients.use(route(account_id)):
                pass
        assert len(clients) == 2
        async with clients.use(route("busy")) as again:
            assert again is busy
    await clients.close()


async def test_idle_clients_end_after_a_while() -> None:
    time = Time()
    clients = pool(time, max_clients=9)
    async with clients.use(route("old")):
        pass
    time.now += 61
    async with clients.use(route("new")):
        assert len(clients) == 1
    await clients.close()


@pytest.mark.parametrize("scheme", ["http", "https", "socks5", "socks5h"])
def test_known_proxy_schemes_pass(scheme: str) -> None:
    refuse_wrong_proxy(f"{scheme}://127.0.0.1:1")


def test_other_proxy_schemes_are_refused() -> None:
    with pytest.raises(TransportError):
        refuse_wrong_proxy("socks4://127.0.0.1:1")


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]", "metadata.google.internal", "2852039166"]
)
@pytest.mark.parametrize("scheme", ["http", "socks5h"])
async def test_p_10_a_proxy_that_was_kept_is_not_asked_at_a_link_local_or_metadata_address(
    scheme: str, host: str
) -> None:
    clients = pool(Time())
    way = Route(base_url="http://127.0.0.1:1", account_id="a", egress_url=f"{scheme}://u:p@{host}:80")
    with pytest.raises(TransportError) as caught:
        async with clients.use(way):
            pass
    failure = caught.value.failure
    assert (failure.sent, "cloud metadata" in failure.message, len(clients)) == (Sent.NOTHING_SENT, True, 0)
    await clients.close()


async def test_other_timeouts_hold_for_new_clients_and_what_streams_goes_on() -> None:
    clients = pool(Time())
    async with clients.use(route("a")) as before:
        await clients.change_timeouts(Timeouts(connect=1, headers=2, idle=3))
        assert (closed(before), len(clients)) == ([False], 0)
        async with clients.use(route("a")) as after:
            assert after is not before
    assert closed(before, after) == [True, False]
    await clients.close()
