"""The listener on real sockets: which port, which addresses, and that they are free afterwards."""

import asyncio
import socket
from collections.abc import Callable

import httpx
import pytest

from codex_proxy.operations.login.ports import CALLBACK_PORTS, CallbackReply, NoCallbackPort
from codex_proxy.server.listeners import CannotListen, PortInUse, bind, bind_loopback
from codex_proxy.server.oauth.listener import OAuthListener, _claim


def taken_port() -> socket.socket:
    """A port of loopback that another program listens on."""
    bound = bind("127.0.0.1", 0)
    bound.listen()
    return bound


def port_of(bound: socket.socket) -> int:
    port: int = bound.getsockname()[1]
    return port


async def arrive(query: str) -> CallbackReply:
    return CallbackReply(status=200, title=f"{len(query)} characters arrived", text="")


def nobody() -> None:
    raise AssertionError("nobody asked for the port")


async def opened(listener: OAuthListener, give_up: Callable[[], None] = nobody) -> int:
    return await listener.open(arrive, give_up=give_up)


async def fetched(port: int, host: str = "127.0.0.1") -> httpx.Response:
    async with httpx.AsyncClient(timeout=60) as browser:
        return await browser.get(f"http://{host}:{port}/auth/callback?state=s")


def hosts_of(listener: OAuthListener) -> set[str]:
    """The addresses that its sockets are bound to."""
    assert listener._listener is not None
    return {bound.getsockname()[0] for bound in listener._listener._sockets}


def test_the_issuers_ports_are_the_default() -> None:
    assert OAuthListener()._ports == CALLBACK_PORTS == (1455, 1457)


async def test_c_02_it_listens_on_loopback_only_and_leaves_the_port_free() -> None:
    listener = OAuthListener(ports=(0,))
    port = await opened(listener)
    try:
        assert "127.0.0.1" in hosts_of(listener) <= {"127.0.0.1", "::1"}
        reply = await fetched(port)
        assert (reply.status_code, reply.headers["connection"]) == (200, "close")
    finally:
        await listener.close()
    for bound in bind_loopback(port):
        bound.close()


async def test_both_loopbacks_are_listened_on_where_there_are_two() -> None:
    try:
        bind("::1", 0).close()
    except CannotListen:
        return
    listener = OAuthListener(ports=(0,))
    port = await opened(listener)
    try:
        assert (await fetched(port, "[::1]")).status_code == 200
    finally:
        await listener.close()


async def test_c_05_a_busy_port_means_the_next_one() -> None:
    taken = taken_port()
    listener = OAuthListener(ports=(port_of(taken), 0))
    try:
        assert await opened(listener) not in {0, port_of(taken)}
    finally:
        await listener.close()
        taken.close()


async def test_c_05_all_ports_busy_is_said_with_what_to_do() -> None:
    taken = [taken_port(), taken_port()]
    ports = tuple(port_of(each) for each in taken)
    listener = OAuthListener(ports=ports)
    with pytest.raises(NoCallbackPort) as caught:
        await opened(listener)
    assert all(f"127.0.0.1:{port} is already in use" in str(caught.value) for port in ports)
    assert str(caught.value).endswith("paste the address of the page that the login ends at")
    await listener.close()
    for each in taken:
        each.close()


async def test_c_05_a_port_that_another_program_takes_just_then_is_busy_too() -> None:
    first = bind("127.0.0.1", 0)
    port = port_of(first)
    both = [first, bind("127.0.0.1", port)]
    first.listen()
    with pytest.raises(PortInUse):
        _claim(both[1:], "127.0.0.1", port)
    for each in both:
        each.close()


async def test_in_a_container_it_listens_where_its_owner_says() -> None:
    listener = OAuthListener(host="0.0.0.0", ports=(0,))
    await opened(listener)
    try:
        assert hosts_of(listener) == {"0.0.0.0"}
    finally:
        await listener.close()


async def test_an_address_that_is_not_ours_is_said() -> None:
    with pytest.raises(NoCallbackPort, match=r"203\.0\.113\.1"):
        await opened(OAuthListener(host="203.0.113.1", ports=(1455,)))


async def test_it_can_be_opened_and_closed_again_and_again() -> None:
    listener = OAuthListener(ports=(0,))
    for _ in range(3):
        await opened(listener)
        await listener.close()
        await listener.close()


async def test_closing_lets_the_page_out_that_is_being_answered() -> None:
    listener = OAuthListener(ports=(0,))
    asked, may_answer = asyncio.Event(), asyncio.Event()

    async def slowly(query: str) -> CallbackReply:
        asked.set()
        await may_answer.wait()
        return CallbackReply(status=200, title="out", text="")

    port = await listener.open(slowly, give_up=nobody)
    async with asyncio.TaskGroup() as tasks:
        fetching = tasks.create_task(fetched(port))
        await asked.wait()
        tasks.create_task(listener.close())
        may_answer.set()
    assert "out" in fetching.result().text
