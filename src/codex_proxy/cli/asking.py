"""Speaking to the control plane: of the gateway that runs, over HTTP, or of one put together here, without a socket.

Rules of this file: both are asked in the same way and answer alike, so that a command is written once; no proxy and no
redirect lies between; what is refused is told in the gateway's own sentence.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from contextlib import asynccontextmanager
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final, Protocol, TypeAlias

import msgspec
from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import PyreqwestError

CONNECT_SECONDS: Final = 10
READ_SECONDS: Final = 120  # a refresh waits for other processes and for the issuer
_NOWHERE: Final = ("127.0.0.1", 0)

_Message: TypeAlias = MutableMapping[str, Any]
_Application: TypeAlias = Callable[
    [_Message, Callable[[], Awaitable[_Message]], Callable[[_Message], Awaitable[None]]], Awaitable[None]
]


class GatewayRefused(Exception):
    """The gateway did not do what it was asked for; one sentence.  ``code`` is the gateway's, empty without one."""

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the gateway answered; header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"Answer(status={self.status!r})"

    @property
    def told(self) -> Any:
        """The body, decoded."""
        return msgspec.json.decode(self.body) if self.body else None


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One request; ``path`` may have a query."""

    method: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] = {}


class Plane(Protocol):
    """A control plane."""

    async def send(self, asked: Asked) -> Answer:
        """The answer, whatever it is; raises ``GatewayRefused`` where there is none."""
        ...


class Gateway:
    """Asks a control plane in its owner's name."""

    def __init__(self, plane: Plane, *, token: str) -> None:
        self._plane = plane
        self._token = token

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """What the gateway tells, decoded; raises ``GatewayRefused``."""
        content = b"" if body is None else msgspec.json.encode(body)
        return (await self.send(Asked(method=method, path=path, body=content))).told

    async def send(self, asked: Asked) -> Answer:
        """The answer to a request; raises ``GatewayRefused``."""
        headers = {"authorization": f"Bearer {self._token}", **asked.headers}
        if asked.body:
            headers = {"content-type": "application/json"} | headers
        answer = await self._plane.send(msgspec.structs.replace(asked, headers=headers))
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise _refusal(answer)
        return answer


class RemotePlane:
    """Implements ``Plane`` over HTTP."""

    def __init__(self, client: Client, url: str) -> None:
        self._client = client
        self._url = url

    async def send(self, asked: Asked) -> Answer:
        """See ``Plane``."""
        request = self._client.request(asked.method, self._url + asked.path).headers(dict(asked.headers))
        try:
            response = await request.body_bytes(asked.body).build().send()
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Answer(status=response.status, headers=headers, body=bytes(await response.bytes()))
        except PyreqwestError as error:
            raise GatewayRefused(f"the gateway at {self._url} gave no answer: {type(error).__name__}") from None


@asynccontextmanager
async def remote_plane(url: str) -> AsyncIterator[RemotePlane]:
    """The control plane of the gateway at ``url``, while the block runs."""
    client = (
        ClientBuilder()
        .no_proxy()
        .follow_redirects(enable=False)
        .connect_timeout(timedelta(seconds=CONNECT_SECONDS))
        .read_timeout(timedelta(seconds=READ_SECONDS))
        .build()
    )
    async with client:
        yield RemotePlane(client, url)


class InnerPlane:
    """Implements ``Plane`` for an ASGI application in this process."""

    def __init__(self, application: _Application) -> None:
        self._application = application

    async def send(self, asked: Asked) -> Answer:
        """See ``Plane``."""
        messages: list[_Message] = []
        requests: list[_Message] = [{"type": "http.request", "body": asked.body, "more_body": False}]
        answered = asyncio.Event()

        async def receive() -> _Message:
            if requests:
                return requests.pop()
            await answered.wait()  # as a server has it: whoever streams learns that the client is there no more
            return {"type": "http.disconnect"}

        async def send(message: _Message) -> None:
            messages.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                answered.set()

        await self._application(_scope(asked), receive, send)
        begun = next(message for message in messages if message["type"] == "http.response.start")
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in begun["headers"]}
        body = b"".join(message.get("body", b"") for message in messages if message["type"] == "http.response.body")
        return Answer(status=begun["status"], headers=headers, body=body)


def _scope(asked: Asked) -> _Message:
    path, _, query = asked.path.partition("?")
    headers = {"host": "localhost", "content-length": str(len(asked.body)), **asked.headers}
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": asked.method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()],
        "client": _NOWHERE,
        "server": _NOWHERE,
    }


def _refusal(answer: Answer) -> GatewayRefused:
    try:
        told = answer.told
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        told = None
    if not isinstance(told, dict) or not isinstance(told.get("error"), str):
        return GatewayRefused(f"the gateway answered {answer.status}")
    beside = [told[name] for name in ("detail", "hint") if isinstance(told.get(name), str)]
    return GatewayRefused("; ".join([told["error"], *beside]), code=str(told.get("code", "")))
