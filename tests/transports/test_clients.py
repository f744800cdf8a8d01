"""Clients are shared by route, kept while used, and evicted oldest first."""

import asyncio

import pytest

from codex_proxy.gateway.ports import Route, TransportError
from codex_proxy.transports.clients import ClientPool, Timeouts, refuse_unknown_scheme


class Time:
    def __init__(self) -> None:
        self.now = 1.0

    def __call__(self) -> float:
        return self.now


def pool(time: Time, *, max_clients: int = 2) -> ClientPool:
    return ClientPool(timeouts=Timeouts(), now=time, max_clients=max_clients, idle_seconds=60)


def route(account_id: str, egress_url: str | None = None) -> Route:
    return Route(base_url="http://127.0.0.1", account_id=account_id, egress_url=egress_url)


async def test_one_account_behind_two_egresses_has_two_clients() -> None:
    clients = pool(Time(), max_clients=9)
    async with clients.use(route("a")) as direct, clients.use(route("a", "http://127.0.0.1:3128")) as proxied:
        assert direct is not proxied
    async with clients.use(route("a")) as again:
        assert again is direct
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
    refuse_unknown_scheme(f"{scheme}://127.0.0.1:1")


def test_other_proxy_schemes_are_refused() -> None:
    with pytest.raises(TransportError):
        refuse_unknown_scheme("socks4://127.0.0.1:1")
