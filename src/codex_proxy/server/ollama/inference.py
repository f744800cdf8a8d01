"""``POST /api/chat`` and ``POST /api/generate``.

Rules of this file: a request without content asks for a model to be loaded and is answered here; everything else is
the inference endpoint's, with a body that was read already.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeAlias

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.target import ModelFacts
from codex_proxy.protocols.ollama.errors import error_reply
from codex_proxy.protocols.ollama.loading import LoadRequest, load_reply, parse_load
from codex_proxy.protocols.ollama.server import OllamaServer
from codex_proxy.server.api.inference import InferenceEndpoint, InferenceParts
from codex_proxy.server.asgi import Message, Receive
from codex_proxy.server.body import BodyRefused, read_body
from codex_proxy.server.incoming import Incoming
from codex_proxy.server.ollama.timing import TimedCodec
from codex_proxy.server.security import Caller

FindModel: TypeAlias = Callable[[str], ModelFacts | None]

_NANOSECONDS: Final = 1_000_000_000


class OllamaInference:
    """Serves one of the two endpoints as ``caller``, since clients of this API show no key."""

    def __init__(self, codec: OllamaServer, parts: InferenceParts, *, caller: Caller, find_model: FindModel) -> None:
        self._codec = codec
        self._parts = parts
        self._caller = caller
        self._find_model = find_model

    async def __call__(self, incoming: Incoming) -> None:
        """Answer one request."""
        codec = TimedCodec(self._codec, self._parts.clock.monotonic)
        try:
            body = await read_body(incoming.receive, incoming.headers, limit_bytes=self._parts.max_body_bytes())
        except BodyRefused as refused:
            await incoming.reply(error_reply(refused.failure), unread=refused.unread)
            return
        load = parse_load(body, self._codec.endpoint)
        if load is not None:
            await self._load(incoming, load)
            return
        await InferenceEndpoint(codec, self._parts)(_with_body(incoming, body, self._caller))

    async def _load(self, incoming: Incoming, load: LoadRequest) -> None:
        if self._find_model(load.model) is None:
            failure = Failure(kind=FailureKind.MODEL_NOT_FOUND, message="it is not available here")
            await incoming.reply(error_reply(failure, model=load.model))
            return
        now_ns = int(self._parts.clock.now() * _NANOSECONDS)
        await incoming.reply(load_reply(load, self._codec.endpoint, now_ns=now_ns))


def _with_body(incoming: Incoming, body: bytes, caller: Caller) -> Incoming:
    """The same request, its unpacked body to be read once more."""
    headers = {name: value for name, value in incoming.headers.items() if name != "content-encoding"}
    headers["content-length"] = str(len(body))
    return replace(incoming, headers=headers, caller=caller, receive=_repeated(body, incoming.receive))


def _repeated(body: bytes, receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again
