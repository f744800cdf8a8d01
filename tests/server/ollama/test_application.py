"""The bridge's routes, and what it hands to the gateway."""

from typing import Any

import pytest

from codex_proxy.access.matrix.clients import BRIDGE
from codex_proxy.access.matrix.rules import Need
from codex_proxy.server.asgi import Application, Receive, Scope, Send
from codex_proxy.server.cors import CorsPolicy
from codex_proxy.server.ollama.application import BridgeParts, bridge_application, bridge_routes
from tests.gateway.raw.test_relay import RawScene, answer, embedding_key
from tests.gateway.scene import Scene, answering
from tests.server.ollama.calling import MODELS, Call, find_model, inference_parts

LOCAL = {"host": "localhost:11434"}


class Main:
    """Stands where the gateway's application stands, and says what reached it."""

    def __init__(self) -> None:
        self.scopes: list[Scope] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        await send({"type": "http.response.start", "status": 299, "headers": []})
        await send({"type": "http.response.body", "body": b"main"})


class Bridge:
    def __init__(self, scene: Scene | None = None, raw: RawScene | None = None) -> None:
        self.main = Main()
        self.defects: list[str] = []
        self.version = "0.18.3"
        self.parts = BridgeParts(
            inference=inference_parts(scene or Scene()),
            raw=(raw or RawScene()).gateway,
            main=self.main,
            secret="s3cret",
            list_models=lambda: MODELS,
            find_model=find_model,
            version=lambda: self.version,
            vision=lambda: True,
            cors=CorsPolicy,
            names=frozenset(),
            report_defect=lambda where, error: self.defects.append(where),
            new_request_id=lambda: "req_1",
        )
        self.application: Application = bridge_application(self.parts)

    async def ask(self, method: str, path: str, body: Any = b"", **headers: str) -> Call:
        told = LOCAL | {name.replace("_", "-"): value for name, value in headers.items()}
        return await Call(body, method=method, headers=told).over(self.application, path)


def test_every_route_has_its_row() -> None:
    routes = bridge_routes(Bridge().parts)
    there = {(method, path) for path, route in routes.items() for method in route.by_method}
    assert there == {row for row in BRIDGE if row[1] != "/api/blobs/*"}
    assert {rule.need for rule in BRIDGE.values()} == {Need.OPEN}


async def test_s_03_no_page_of_another_site_can_use_what_wants_no_key() -> None:
    for headers in ({"origin": "https://evil.example"}, {"origin": "null"}, {"sec_fetch_site": "cross-site"}):
        for path in ("/api/chat", "/api/generate"):
            call = await Bridge().ask("POST", path, {"model": "m"}, **headers)
            assert call.status == 403, (path, headers)


async def test_the_root_is_alive_to_get_and_head() -> None:
    assert (await Bridge().ask("GET", "/")).body == b"Ollama is running"
    call = await Bridge().ask("HEAD", "/")
    assert (call.status, call.body) == (200, b"")


async def test_the_version_is_the_one_of_now() -> None:
    bridge = Bridge()
    assert (await bridge.ask("GET", "/api/version")).json == {"version": "0.18.3"}
    bridge.version = "0.19.0"
    assert (await bridge.ask("GET", "/api/version")).json == {"version": "0.19.0"}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/tags", b""),
        ("GET", "/api/ps", b""),
        ("POST", "/api/show", {"model": "gpt-5.4"}),
        ("POST", "/api/pull", {"model": "gpt-5.4"}),
        ("POST", "/api/chat", {"model": "gpt-5.4", "messages": []}),
        ("POST", "/api/generate", {"model": "gpt-5.4"}),
        ("GET", "/api/tags/", b""),
    ],
)
async def test_every_endpoint_answers(method: str, path: str, body: Any) -> None:
    call = await Bridge().ask(method, path, body)
    assert call.status == 200
    assert call.told["x-request-id"] == "req_1"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/push"),
        ("POST", "/api/create"),
        ("POST", "/api/copy"),
        ("DELETE", "/api/delete"),
        ("HEAD", "/api/blobs/sha256:abc"),
        ("POST", "/api/blobs/sha256:abc"),
    ],
)
async def test_what_needs_models_of_ones_own_is_not_supported(method: str, path: str) -> None:
    call = await Bridge().ask(method, path, {"model": "gpt-5.4"})
    assert call.status == 501
    if method != "HEAD":
        assert call.json["error"].endswith("not supported by this bridge")


@pytest.mark.parametrize("path", ["/api/embed", "/api/embeddings"])
async def test_without_a_vendor_that_embeds_there_are_no_vectors(path: str) -> None:
    call = await Bridge().ask("POST", path, {"model": "gpt-5.4"})
    assert (call.status, "no vendor key here is for embeddings" in call.json["error"]) == (501, True)


async def test_vectors_of_a_vendor() -> None:
    raw = RawScene(embedding_key("k"))
    raw.transport.add(answer())
    call = await Bridge(raw=raw).ask("POST", "/api/embed", {"model": "mine:latest", "input": "hi"})
    assert (call.status, call.json["embeddings"], call.json["model"]) == (200, [[0.1]], "mine:latest")


async def test_errors_have_this_dialects_shape() -> None:
    assert (await Bridge().ask("GET", "/api/nothing")).json == {"error": "unknown path /api/nothing"}
    call = await Bridge().ask("DELETE", "/api/chat")
    assert (call.status, call.json) == (405, {"error": "DELETE is not allowed on /api/chat"})


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/models", "/v1/v1/responses", "/chat/completions"])
async def test_openai_paths_go_to_the_gateway_with_the_bridges_key(path: str) -> None:
    bridge = Bridge()
    call = await bridge.ask("POST", path, authorization="Bearer ollama", x_api_key="k")
    (scope,) = bridge.main.scopes
    headers = dict(scope["headers"])
    assert (call.status, scope["path"]) == (299, path)
    assert headers[b"authorization"] == b"Bearer s3cret"
    assert [name for name, _ in scope["headers"]].count(b"authorization") == 1
    assert headers[b"x-api-key"] == b"k"


@pytest.mark.parametrize(
    "path", ["/admin/ollama-settings", "/health/details", "/auth/accounts", "/v1", "/openapi", "/health"]
)
async def test_nothing_else_of_the_gateway_can_be_reached(path: str) -> None:
    bridge = Bridge()
    assert (await bridge.ask("GET", path)).status == 404
    assert bridge.main.scopes == []


async def test_a_strangers_page_reaches_neither() -> None:
    bridge = Bridge()
    for path in ("/api/tags", "/v1/models"):
        assert (await bridge.ask("GET", path, origin="https://evil.example")).status == 403
        assert (await bridge.ask("GET", path, host="evil.example")).status == 403
    assert bridge.main.scopes == []


async def test_a_page_of_this_machine_may_read_answers() -> None:
    origin = "http://localhost:3000"
    call = await Bridge().ask("GET", "/api/tags", origin=origin)
    assert call.told["access-control-allow-origin"] == origin
    preflight = await Bridge().ask("OPTIONS", "/api/chat", origin=origin, access_control_request_headers="content-type")
    assert (preflight.status, preflight.told["access-control-allow-headers"]) == (204, "content-type")


async def test_a_chat_through_the_whole_of_it() -> None:
    scene = Scene()
    scene.transport.add(answering("hello"))
    call = await Bridge(scene).ask(
        "POST", "/api/chat", {"model": "gpt-5.4", "messages": [{"role": "user", "content": "x"}]}
    )
    assert "".join(line["message"]["content"] for line in call.lines) == "hello"
