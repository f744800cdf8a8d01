"""Requests noted on their way through the server."""

from typing import Any

from codex_proxy.operations.request_log.capturing.capture import VISIT
from codex_proxy.operations.request_log.items import Answered
from codex_proxy.operations.request_log.state import Level
from codex_proxy.server.asgi import Message, Receive, Scope, Send
from codex_proxy.server.logged.application import MOST_REFUSAL, LoggedApplication
from tests.operations.request_log.test_visits import Scene

SCOPE: dict[str, Any] = {"type": "http", "method": "POST", "path": "/v1/x", "headers": [(b"x-request-id", b"theirs")]}


class Inner:
    """An application that reads everything and answers this."""

    def __init__(self, scene: Scene, status: int, *pieces: bytes) -> None:
        self._scene = scene
        self._status = status
        self._pieces = pieces
        self.heard = b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scene.visits.named("req_1")
        while (message := await receive()).get("more_body"):
            self.heard += message["body"]
        await send({"type": "http.response.start", "status": self._status, "headers": [(b"x-a", b"b")]})
        for piece in self._pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def served(scene: Scene, inner: Inner, scope: dict[str, Any] = SCOPE) -> list[Message]:
    """What was sent for two pieces of a body."""
    messages = [
        {"type": "http.request", "body": b"one", "more_body": True},
        {"type": "http.request", "body": b"two", "more_body": False},
    ]
    sent: list[Message] = []

    async def receive() -> Message:
        return messages.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    await LoggedApplication(inner, scene.visits)(scope, receive, send)
    assert VISIT.get() is None
    return sent


async def test_what_passes_is_what_passed_before() -> None:
    scene = Scene(level=Level.OFF)
    plain = await served(scene, Inner(scene, 400, b"no"))
    for level in (Level.METADATA, Level.BODIES):
        other = Scene(level=level)
        assert await served(other, Inner(other, 400, b"no")) == plain
    assert scene.written.all == []


async def test_a_refusal_is_noted_with_its_words() -> None:
    scene = Scene()
    await served(scene, Inner(scene, 400, b"no, ", b"x" * 10_000))
    [noted] = scene.written.all
    assert isinstance(noted, Answered)
    assert (noted.status, noted.path, noted.client_request_id) == (400, "/v1/x", "theirs")
    assert noted.refusal.startswith(b"no, x")
    assert len(noted.refusal) <= MOST_REFUSAL + 4
    assert noted.capture is None


async def test_bodies_are_captured_both_ways() -> None:
    scene = Scene(level=Level.BODIES, protocol_only=False)
    await served(scene, Inner(scene, 200, b"an", b"swer"))
    [noted] = scene.written.all
    assert isinstance(noted, Answered)
    assert noted.capture is not None
    assert noted.capture.request.body.edges() == (b"onetwo", None)
    assert noted.capture.answer.body.edges() == (b"answer", None)
    assert (noted.capture.answer.status, noted.capture.answer.headers) == (200, [("x-a", "b")])


async def test_an_exception_passes_and_is_noted_too() -> None:
    scene = Scene(protocol_only=False)

    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        scene.visits.named("req_1")
        raise ValueError

    raised = False
    try:
        await LoggedApplication(broken, scene.visits)(SCOPE, None, None)  # type: ignore[arg-type]
    except ValueError:
        raised = True
    assert raised
    assert [item.status for item in scene.written.all if isinstance(item, Answered)] == [None]


async def test_other_scopes_are_passed_on() -> None:
    scene, scopes = Scene(), list[str]()

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope["type"])

    await LoggedApplication(application, scene.visits)({"type": "lifespan"}, None, None)  # type: ignore[arg-type]
    assert scopes == ["lifespan"]
