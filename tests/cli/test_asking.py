"""Asking a gateway, over a socket and in this process."""

from collections.abc import Iterator
from typing import Any

import pytest

from codex_proxy.cli.asking import Answer, Asked, Gateway, GatewayRefused, InnerPlane, remote_plane
from codex_proxy.server.listeners import bind
from tests.cli.gatehouse import Gatehouse, listening
from tests.operations.accounts.household import A


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with listening(Gatehouse(), tmp_path_factory.mktemp("data")) as found:
        yield found


def told(answer: Answer) -> tuple[int, Any]:
    return answer.status, answer.told


async def test_both_ways_ask_alike_and_answer_alike(url: str) -> None:
    gatehouse = Gatehouse()
    asks = [
        Asked(method="GET", path="/auth/accounts?quota=true", headers={"authorization": "Bearer boss"}),
        Asked(method="GET", path="/auth/accounts", headers={"authorization": "Bearer worker"}),
        Asked(method="POST", path=f"/auth/accounts/{A}/reset-usage", headers={"authorization": "Bearer boss"}),
        Asked(
            method="POST",
            path="/auth/token",
            body=b'{"token":"x"}',
            headers={"authorization": "Bearer boss", "content-type": "application/json"},
        ),
    ]
    async with gatehouse.open(), remote_plane(url) as remote:
        inner = InnerPlane(gatehouse.application)  # type: ignore[arg-type]
        for asked in asks:
            assert told(await remote.send(asked)) == told(await inner.send(asked))


async def test_a_refusal_is_told_in_the_gateways_words(url: str) -> None:
    async with remote_plane(url) as plane:
        with pytest.raises(GatewayRefused, match="there is no such account") as caught:
            await Gateway(plane, token="boss").ask("POST", f"/auth/accounts/{A}/reset-usage")
        assert caught.value.code == "unknown_account"
        with pytest.raises(GatewayRefused, match="the admin key is required"):
            await Gateway(plane, token="wrong").ask("GET", "/auth/accounts")


async def test_a_body_is_json_unless_it_says_otherwise() -> None:
    gatehouse = Gatehouse()
    async with gatehouse.open() as gateway:
        with pytest.raises(GatewayRefused, match="this is no token"):
            await gateway.ask("POST", "/auth/token", {"token": "x"})
        text = Asked(method="POST", path="/auth/token", body=b"x", headers={"content-type": "text/plain"})
        with pytest.raises(GatewayRefused, match="application/json"):
            await gateway.send(text)


async def test_nobody_there_is_said_so() -> None:
    bound = bind("127.0.0.1", 0)
    port = bound.getsockname()[1]
    bound.close()
    async with remote_plane(f"http://127.0.0.1:{port}") as plane:
        with pytest.raises(GatewayRefused, match=f"127.0.0.1:{port} gave no answer"):
            await Gateway(plane, token="t").ask("GET", "/auth/status")


async def test_u_17_no_proxy_of_the_environment_lies_between(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with remote_plane(url) as plane:
        assert (await Gateway(plane, token="boss").ask("GET", "/auth/status"))["authenticated"] is False


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "the gateway answered 502"),
        (b"<html>", "the gateway answered 502"),
        (b'{"error":7}', "the gateway answered 502"),
        (b'{"error":"no","hint":"try","detail":null}', "no; try"),
    ],
)
async def test_whatever_is_refused_is_one_sentence(body: bytes, words: str) -> None:
    class Refusing:
        async def send(self, asked: Asked) -> Answer:
            return Answer(status=502, headers={}, body=body)

    with pytest.raises(GatewayRefused) as caught:
        await Gateway(Refusing(), token="t").ask("GET", "/")
    assert str(caught.value) == words
    assert "body" not in repr(Answer(status=200, headers={}, body=b"secret"))
