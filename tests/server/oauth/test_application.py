"""The listener's application, asked without a socket."""

from typing import Any

import httpx
import pytest

from codex_proxy.operations.login.ports import CallbackReply
from codex_proxy.server.oauth.application import CallbackApplication


class Scene:
    """Redirects that arrive, and how often the port was asked for."""

    def __init__(self) -> None:
        self.arrived: list[str] = []
        self.given_up = 0
        self.application = CallbackApplication(self._arrive, give_up=self._give_up)

    async def _arrive(self, query: str) -> CallbackReply:
        self.arrived.append(query)
        return CallbackReply(status=200, title="You are logged in", text="Close this page.", detail="<owner>")

    def _give_up(self) -> None:
        self.given_up += 1

    async def ask(self, path: str, *, method: str = "GET", host: str = "127.0.0.1:1455", **headers: str) -> Any:
        transport = httpx.ASGITransport(app=self.application)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as browser:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return await browser.request(method, path, headers=named)


async def test_a_redirect_is_handed_on_and_its_end_shown() -> None:
    scene = Scene()
    reply = await scene.ask("/auth/callback?code=a%2Bb&state=s", sec_fetch_mode="navigate")
    assert scene.arrived == ["code=a%2Bb&state=s"]
    assert (reply.status_code, "&lt;owner&gt;" in reply.text) == (200, True)
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert "location" not in reply.headers
    for secret in ("a%2Bb", "a+b"):
        assert secret not in reply.text


@pytest.mark.parametrize("host", ["127.0.0.1:1455", "localhost:1455", "[::1]:1455", "LOCALHOST"])
async def test_this_machine_has_several_names(host: str) -> None:
    scene = Scene()
    assert (await scene.ask("/auth/callback?state=s", host=host)).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:1455", "host.docker.internal"])
async def test_c_03_another_host_name_is_refused_and_repeated_nowhere(host: str) -> None:
    scene = Scene()
    reply = await scene.ask("/auth/callback?code=a&state=s", host=host)
    assert (reply.status_code, scene.arrived, scene.given_up) == (400, [], 0)
    assert "evil" not in reply.text + str(reply.headers)


async def test_what_a_page_loads_instead_of_opening_is_refused() -> None:
    scene = Scene()
    for path in ("/auth/callback?code=a&state=s", "/cancel"):
        assert (await scene.ask(path, sec_fetch_mode="no-cors")).status_code == 400
    assert (scene.arrived, scene.given_up) == ([], 0)


async def test_c_01_the_official_client_gets_the_port_it_asks_for() -> None:
    scene = Scene()
    reply = await scene.ask("/cancel")
    assert (reply.status_code, scene.given_up) == (200, 1)


async def test_other_addresses_and_methods_are_refused() -> None:
    scene = Scene()
    for path in ("/", "/favicon.ico", "/auth/callback/", "/v1/models", "/success?id_token=x"):
        assert (await scene.ask(path)).status_code == 404
    reply = await scene.ask("/auth/callback?code=a&state=s", method="POST")
    assert (reply.status_code, reply.headers["allow"]) == (405, "GET")
    assert (scene.arrived, scene.given_up) == ([], 0)


async def test_what_is_no_http_is_nothing() -> None:
    scene = Scene()

    async def nobody(*_: object) -> Any:
        raise AssertionError("nothing is said to it")

    await scene.application({"type": "lifespan"}, nobody, nobody)
