"""Anthropic's endpoints beside the messages themselves: models, what is not served, and telemetry.

Rules of this file: ``/v1/models`` is shared with other dialects and told apart by ``anthropic-version``; every refusal
is in Anthropic's words.
"""

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias
from urllib.parse import parse_qsl

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.target import ModelFacts
from codex_proxy.protocols.anthropic.errors import REQUEST_ID_HEADER
from codex_proxy.protocols.anthropic.models import list_models, one_model, parse_paging
from codex_proxy.protocols.anthropic.server import AnthropicServer
from codex_proxy.protocols.base import InvalidRequest, WireReply
from codex_proxy.server.incoming import Endpoint, Incoming
from codex_proxy.server.paths import model_in_path

ListModels: TypeAlias = Callable[[str], Sequence[ModelFacts]]
"""The models that the client key of this row id may use."""

VERSION_HEADER: Final = "anthropic-version"


class WithRequestId:
    """An endpoint whose every answer, stream or error, names its request where this dialect's SDKs look for it."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    async def __call__(self, incoming: Incoming) -> None:
        """Answer with the request's id among the headers."""
        incoming.common_headers[REQUEST_ID_HEADER] = incoming.request_id
        await self._endpoint(incoming)


class AnthropicModelsEndpoint:
    """``GET /v1/models`` and ``GET /v1/models/{id}`` for clients of this dialect."""

    def __init__(self, codec: AnthropicServer, list_all: ListModels) -> None:
        self._codec = codec
        self._list_all = list_all

    async def __call__(self, incoming: Incoming) -> None:
        """Answer with a page of the list, or with one model of it."""
        wanted = model_in_path(incoming.path)
        try:
            reply = self._page(incoming) if wanted is None else self._one(wanted, incoming)
        except InvalidRequest as error:
            reply = self._codec.encode_failure(error.failure(), request_id=incoming.request_id)
        await incoming.reply(reply)

    def _page(self, incoming: Incoming) -> WireReply:
        return list_models(self._list_all(incoming.key_id), parse_paging(dict(parse_qsl(incoming.query))))

    def _one(self, wanted: str, incoming: Incoming) -> WireReply:
        found = one_model(self._list_all(incoming.key_id), wanted)
        if found is not None:
            return found
        message = f"the model {wanted!r} does not exist or is not available here"
        failure = Failure(kind=FailureKind.MODEL_NOT_FOUND, message=message)
        return self._codec.encode_failure(failure, request_id=incoming.request_id)


class AnthropicClientsFirst:
    """A path that clients of this dialect share with others."""

    def __init__(self, *, anthropic: Endpoint, others: Endpoint) -> None:
        self._anthropic = anthropic
        self._others = others

    async def __call__(self, incoming: Incoming) -> None:
        """Answer in the dialect of whoever asks."""
        await (self._anthropic if VERSION_HEADER in incoming.headers else self._others)(incoming)


class NotServedEndpoint:
    """Batches, files, skills and the legacy completions: Anthropic's own 404."""

    def __init__(self, codec: AnthropicServer) -> None:
        self._codec = codec

    async def __call__(self, incoming: Incoming) -> None:
        """Say that nobody serves this."""
        failure = Failure(kind=FailureKind.UNKNOWN_PATH, message=f"{incoming.path} is not served here")
        await incoming.reply(self._codec.encode_failure(failure, request_id=incoming.request_id))


class TelemetrySink:
    """``POST /api/event_logging/batch``: what a client tells its maker is taken and dropped."""

    async def __call__(self, incoming: Incoming) -> None:
        """Thank for it."""
        await incoming.reply(WireReply(status=200, body=b"{}"))


class ProbeEndpoint:
    """``HEAD /api/hello``: Claude Code asks whether anybody is there before it does anything else."""

    async def __call__(self, incoming: Incoming) -> None:
        """Be there."""
        await incoming.reply(WireReply(status=200, body=b""))
