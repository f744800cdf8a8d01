"""Endpoints that vendors have and accounts have not: embeddings, sound, and pictures of a vendor's own models.

Rules of this file: a body is read whole, within the limit, because another key may have to be sent it; the answer is
handed on as it comes.  Errors are worded as the endpoint's own clients know them.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.notes import Note
from codex_proxy.gateway.raw.question import RawQuestion, Rename, model_named
from codex_proxy.gateway.raw.relay import RawGateway
from codex_proxy.protocols.base import EmbeddingServer, HeaderPairs, InvalidRequest, WireReply
from codex_proxy.server.api.inference import STOPPING
from codex_proxy.server.api.notes_header import NOTES_HEADER, notes_value
from codex_proxy.server.asgi import ClientGone, Message, Receive, send_message, watch_disconnect
from codex_proxy.server.body import BodyRefused, read_body
from codex_proxy.server.incoming import Endpoint, Incoming
from codex_proxy.server.registry import Draining, RunningExchanges
from codex_proxy.vendors.profile import RawEndpoint

EncodeFailure: TypeAlias = Callable[[Failure, str], WireReply]
"""The reply to a failure, with the request's id."""

_BOUND: Final = Failure(
    kind=FailureKind.NOT_PERMITTED, message="this key is served by its own account alone, which has no such endpoint"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorEndpointParts:
    """What these endpoints work with.  ``max_body_bytes`` gives what bounds the body, packed and unpacked."""

    gateway: RawGateway
    running: RunningExchanges
    encode_failure: EncodeFailure
    max_body_bytes: Callable[[], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What an endpoint's clients ask for, and how; ``dialect`` is for the record.

    ``default_model`` is asked where a body names none, ``model`` is the path's own; both may be empty.  The rest is
    ``RawQuestion``'s.
    """

    endpoint: RawEndpoint
    dialect: str
    default_model: str = ""
    model: str = ""
    server: EmbeddingServer | None = None
    passable: bool = True
    rename: Rename | None = None


class VendorEndpoint:
    """``POST`` of one kind."""

    def __init__(self, spoken: Spoken, parts: VendorEndpointParts) -> None:
        self._spoken = spoken
        self._parts = parts

    async def __call__(self, incoming: Incoming) -> None:
        """Answer one request."""
        try:
            body = await read_body(incoming.receive, incoming.headers, limit_bytes=self._parts.max_body_bytes())
            await self.answer(incoming, body, self.model_of(incoming, body))
        except BodyRefused as refused:
            reply = self._parts.encode_failure(refused.failure, incoming.request_id)
            await incoming.reply(reply, unread=refused.unread)
        except InvalidRequest as error:
            await self._refuse(incoming, error.failure())

    def model_of(self, incoming: Incoming, body: bytes) -> str:
        """The model that a body asks for; raises ``InvalidRequest`` where it cannot be read."""
        if self._spoken.model:
            return self._spoken.model
        return model_named(body, incoming.headers.get("content-type", "")) or self._spoken.default_model

    async def answer(self, incoming: Incoming, body: bytes, model: str) -> None:
        """Answer a request whose body was read already."""
        if not model:
            raise InvalidRequest("model", "this endpoint wants the name of a model")
        if incoming.bound_to is not None:
            await self._refuse(incoming, _BOUND)
            return
        try:
            async with self._parts.running.entered():
                await self._run(incoming, self._question(incoming, body, model))
        except Draining:
            await self._refuse(incoming, STOPPING)

    def _question(self, incoming: Incoming, body: bytes, model: str) -> RawQuestion:
        return RawQuestion(
            endpoint=self._spoken.endpoint,
            model=model,
            body=body,
            content_type=incoming.headers.get("content-type", "application/json"),
            request_id=incoming.request_id,
            client_key_id=incoming.key_id,
            dialect=self._spoken.dialect,
            server=self._spoken.server,
            passable=self._spoken.passable,
            rename=self._spoken.rename,
        )

    async def _run(self, incoming: Incoming, question: RawQuestion) -> None:
        responder = _Responder(incoming)
        try:
            async with asyncio.TaskGroup() as tasks:
                watcher = tasks.create_task(watch_disconnect(incoming.receive))
                failure = await self._parts.gateway.run(question, responder)
                watcher.cancel()
        except* ClientGone:
            raise ClientGone from None
        if failure is None:
            await responder.finish()
        elif responder.started:
            raise ClientGone  # it broke off: a connection that closes is how the client learns of it
        else:
            await self._refuse(incoming, failure)

    async def _refuse(self, incoming: Incoming, failure: Failure) -> None:
        await incoming.reply(self._parts.encode_failure(failure, incoming.request_id))


class VendorsFirst:
    """A path that accounts serve too: requests for a vendor's model go to the vendor, all others are ``own``."""

    def __init__(self, vendor: VendorEndpoint, own: Endpoint, parts: VendorEndpointParts) -> None:
        self._vendor = vendor
        self._own = own
        self._parts = parts

    async def __call__(self, incoming: Incoming) -> None:
        """Answer one request."""
        try:
            body = await read_body(incoming.receive, incoming.headers, limit_bytes=self._parts.max_body_bytes())
        except BodyRefused as refused:
            reply = self._parts.encode_failure(refused.failure, incoming.request_id)
            await incoming.reply(reply, unread=refused.unread)
            return
        model = self._model_of(incoming, body)
        if self._parts.gateway.leads_to_vendor(model):
            await self._vendor.answer(incoming, body, model)
        else:
            await self._own(_again(incoming, body))

    def _model_of(self, incoming: Incoming, body: bytes) -> str:
        try:
            return self._vendor.model_of(incoming, body)
        except InvalidRequest:
            return ""  # the accounts' endpoint says what is wrong, in its own words


class _Responder:
    """Implements ``RawResponder`` on an ASGI connection."""

    def __init__(self, incoming: Incoming) -> None:
        self._incoming = incoming
        self.started = False

    async def start(self, status: int, headers: HeaderPairs, notes: tuple[Note, ...] = ()) -> None:
        self.started = True
        told = {**dict(headers), **self._incoming.common_headers}
        if notes:
            told[NOTES_HEADER] = notes_value(notes)
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in told.items()]
        await send_message(self._incoming.send, {"type": "http.response.start", "status": status, "headers": raw})

    async def send(self, chunk: bytes) -> None:
        await send_message(self._incoming.send, {"type": "http.response.body", "body": chunk, "more_body": True})

    async def finish(self) -> None:
        await send_message(self._incoming.send, {"type": "http.response.body", "body": b"", "more_body": False})


def _again(incoming: Incoming, body: bytes) -> Incoming:
    """The same request with its body still to be read, unpacked."""
    headers = {name: value for name, value in incoming.headers.items() if name != "content-encoding"}
    headers["content-length"] = str(len(body))
    return replace(incoming, headers=headers, receive=_replaying(body, incoming.receive))


def _replaying(body: bytes, receive: Receive) -> Receive:
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return left.pop() if left else await receive()

    return again
