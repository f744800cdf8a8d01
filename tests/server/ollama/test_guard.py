"""Who may call."""

import pytest

from codex_proxy.server.asgi import Receive, Scope, Send
from codex_proxy.server.cors import CorsPolicy, is_own_host
from codex_proxy.server.ollama.guard import BridgeGuard
from tests.server.ollama.calling import Call


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hi"})


async def asked(headers: dict[str, str], guard: BridgeGuard | None = None) -> Call:
    guard = guard or BridgeGuard(hello, cors=CorsPolicy)
    return await Call(headers=headers).over(guard, "/api/tags")


@pytest.mark.parametrize(
    "host",
    [
        "", "localhost", "localhost:11434", "LOCALHOST:11434", "localhost.:11434", "app.localhost:11434",
        "127.0.0.1:11434", "127.8.8.8", "[::1]:11434", "::1", "192.168.1.7:11434", "host.docker.internal:11434",
    ],
)  # fmt: skip
def test_addresses_and_own_names_are_ours(host: str) -> None:
    assert is_own_host(host)


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:11434", "localhost.evil.example", "notlocalhost", "127.0.0.1.nip.example", "[x]:1"],
)
def test_a_name_that_a_stranger_can_give_out_is_not(host: str) -> None:
    assert not is_own_host(host)


async def test_a_rebound_name_is_refused_whatever_its_origin() -> None:
    for headers in ({"host": "evil.example:11434"}, {"host": "evil.example", "origin": "http://localhost"}):
        call = await asked(headers)
        assert (call.status, call.json) == (403, {"error": "this host name is not served here"})
    guard = BridgeGuard(hello, cors=CorsPolicy, names=frozenset({"Box.lan"}))
    assert (await asked({"host": "box.lan:11434"}, guard)).status == 200


async def test_pages_of_this_machine_may_call_and_others_may_not() -> None:
    for origin in ("http://localhost:3000", "http://127.0.0.1", "http://[::1]:5173"):
        assert (await asked({"host": "localhost", "origin": origin})).body == b"hi"
    for origin in ("https://evil.example", "http://192.168.1.7", "null", "app://obsidian.md"):
        call = await asked({"host": "localhost", "origin": origin})
        assert (call.status, call.json) == (403, {"error": "this origin may not call the bridge"})
    guard = BridgeGuard(hello, cors=lambda: CorsPolicy(allow_null=True))
    assert (await asked({"host": "localhost", "origin": "null"}, guard)).status == 200


async def test_there_is_nothing_but_http() -> None:
    call = Call()
    await BridgeGuard(hello, cors=CorsPolicy)({"type": "websocket", "headers": []}, call.receive, call.send)
    with pytest.raises(IndexError):
        assert call.status
