"""Reading an index over a scripted transport."""

import pytest

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.gateway.ports import Route, TransportError
from codex_proxy.operations.updates.own.index import IndexReader, IndexUnread
from codex_proxy.operations.updates.own.releases import ACCEPT
from codex_proxy.transports.scripted import Piece, ScriptedReply, ScriptedTransport

URL = "https://index.invalid/simple/codex-proxy/"


def reader(transport: ScriptedTransport) -> IndexReader:
    return IndexReader(transport=transport, route_of=lambda base: Route(base_url=base, account_id="updates"))


async def test_the_answer_is_read_whole() -> None:
    transport = ScriptedTransport()
    transport.add(ScriptedReply(body=(Piece(b"{}"), Piece(b" "))))
    assert await reader(transport).read(URL) == b"{} "
    ((route, call),) = transport.calls
    assert (call.path, dict(call.headers)) == ("/simple/codex-proxy/", {"accept": ACCEPT})
    assert route.base_url == "https://index.invalid"


@pytest.mark.parametrize(
    "url", ["http://index.invalid/simple/", "https://user:key@index.invalid/", "file:///etc/passwd"]
)
async def test_an_address_that_is_not_https_is_not_asked(url: str) -> None:
    transport = ScriptedTransport()
    with pytest.raises(IndexUnread, match="https"):
        await reader(transport).read(url)
    assert transport.calls == []


async def test_on_this_machine_http_will_do() -> None:
    transport = ScriptedTransport()
    transport.add(ScriptedReply(body=(Piece(b"{}"),)))
    assert await reader(transport).read("http://127.0.0.1:9/simple/codex-proxy/") == b"{}"


async def test_what_is_no_answer_is_said() -> None:
    transport = ScriptedTransport()
    transport.add(ScriptedReply(status=302, body=()))
    with pytest.raises(IndexUnread, match="answered 302"):
        await reader(transport).read(URL)

    def shut(base_url: str) -> Route:
        raise TransportError(Failure(kind=FailureKind.UNREACHABLE, message="no way out"))

    with pytest.raises(IndexUnread, match="no way out"):
        await IndexReader(transport=transport, route_of=shut).read(URL)
