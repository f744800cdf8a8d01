"""Dispatch, keys, origins and the last line of defence, driven as ASGI."""

from collections.abc import Mapping

import msgspec

from codex_proxy.access.matrix.rules import INFER, LIST, OPEN_ANYWHERE, OPEN_READ
from codex_proxy.canonical.failure import Failure, rule_of
from codex_proxy.protocols.base import WireReply
from codex_proxy.server.app import GatewayApplication, Route, RouteTable
from codex_proxy.server.asgi import Message, Receive, Scope, Send
from codex_proxy.server.cors import CorsPolicy
from codex_proxy.server.incoming import Incoming
from codex_proxy.server.security import Caller


class Keys:
    def authenticate(self, secret: str) -> Caller | None:
        scopes = {"good": frozenset({"inference"}), "other": frozenset({"metrics"})}.get(secret)
        return Caller(key_id=secret, scopes=scopes) if scopes else None


class Echo:
    async def __call__(self, incoming: Incoming) -> None:
        who = incoming.caller.key_id if incoming.caller else "nobody"
        await incoming.reply(WireReply(status=200, body=f"{incoming.path} {who}".encode()))


class Broken:
    async def __call__(self, incoming: Incoming) -> None:
        raise LookupError("secret detail")


async def control_plane(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": b"control"})


def encode_failure(failure: Failure, incoming: Incoming) -> WireReply:
    body = msgspec.json.encode({"kind": failure.kind, "message": failure.message})
    return WireReply(status=rule_of(failure).client_status, body=body)


class Called:
    def __init__(self) -> None:
        self.defects: list[tuple[str, Exception]] = []
        self.application = GatewayApplication(
            routes=RouteTable(
                exact={
                    "/v1/responses": Route(by_method={"POST": Echo()}),
                    "/health": Route(by_method={"GET": Echo()}),
                    "/broken": Route(by_method={"GET": Broken()}),
                },
                prefixes={"/v1/models/": Route(by_method={"GET": Echo()})},
                control_plane=control_plane,
                control_prefixes=("/admin",),
                rules={
                    ("POST", "/v1/responses"): INFER,
                    ("GET", "/health"): OPEN_ANYWHERE,
                    ("GET", "/broken"): OPEN_READ,
                    ("GET", "/v1/models/*"): LIST,
                },
            ),
            authenticator=Keys(),
            cors=CorsPolicy,
            encode_failure=encode_failure,
            report_defect=lambda request_id, error: self.defects.append((request_id, error)),
            new_request_id=lambda: "req_1",
        )

    async def __call__(
        self, method: str, path: str, headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, str], str]:
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        async def receive() -> Message:
            return {"type": "http.disconnect"}

        scope: Scope = {
            "type": "http", "method": method, "path": path, "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in (headers or {}).items()],
        }  # fmt: skip
        await self.application(scope, receive, send)
        got = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return sent[0]["status"], got, sent[1]["body"].decode()


KEY = {"authorization": "Bearer good"}


async def test_variants_reach_their_route_with_the_caller() -> None:
    status, headers, body = await Called()("POST", "/v1//v1/responses/", KEY)
    assert (status, body) == (200, "/v1/responses good")
    assert headers["x-request-id"] == "req_1"
    assert (await Called()("GET", "/models/a/b", KEY))[2] == "/v1/models/a/b good"


async def test_a_wrong_or_unfit_key_is_turned_away() -> None:
    assert (await Called()("POST", "/v1/responses"))[0] == 401
    assert (await Called()("POST", "/v1/responses", {"x-api-key": "bad"}))[0] == 401
    assert (await Called()("POST", "/v1/responses", {"x-api-key": "other"}))[0] == 403


async def test_open_routes_want_no_key_and_answer_head() -> None:
    assert await Called()("GET", "/health") == (200, {**(await Called()("GET", "/health"))[1]}, "/health nobody")
    assert (await Called()("HEAD", "/health"))[2] == ""


async def test_unknown_paths_and_methods_say_so() -> None:
    status, _, body = await Called()("GET", "/v1/nothing", KEY)
    assert (status, "unknown_path" in body) == (404, True)
    status, headers, _ = await Called()("DELETE", "/v1/responses", KEY)
    assert (status, headers["allow"]) == (405, "POST")


async def test_control_paths_go_to_the_control_plane() -> None:
    assert (await Called()("GET", "/admin/x"))[0] == 299


async def test_a_foreign_page_is_refused_before_its_key_is_looked_at() -> None:
    assert (await Called()("POST", "/v1/responses", {**KEY, "origin": "https://evil.test"}))[0] == 403
    status, headers, _ = await Called()("OPTIONS", "/v1/responses", {"origin": "http://localhost:3000"})
    assert (status, headers["access-control-allow-origin"]) == (204, "http://localhost:3000")


async def test_a_defect_is_reported_and_keeps_its_words_to_itself() -> None:
    called = Called()
    status, _, body = await called("GET", "/broken")
    assert status == 500
    assert "secret" not in body
    assert [request_id for request_id, _ in called.defects] == ["req_1"]
