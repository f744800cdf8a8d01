"""Gemini's endpoints: the model and what is asked of it stand in the path, as in ``/v1beta/models/{model}:{verb}``.

Rules of this file: a codec is made for each request; a verb that is not served gets Gemini's own 404.  ``/v1/models``
is shared with other dialects and told apart by Google's headers or a key in the query.
"""

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias
from urllib.parse import parse_qs, unquote

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.target import ModelFacts
from codex_proxy.protocols.base import InvalidRequest, WireReply
from codex_proxy.protocols.gemini.models import bare_model, model_list, model_object
from codex_proxy.protocols.gemini.schema import Verb
from codex_proxy.protocols.gemini.server import GeminiServer
from codex_proxy.protocols.parts.json_text import encode
from codex_proxy.server.api.counting import CountEndpoint, CountParts, CountWords
from codex_proxy.server.api.inference import FailureEncoder, InferenceEndpoint, InferenceParts
from codex_proxy.server.incoming import Endpoint, Incoming

ListModels: TypeAlias = Callable[[str], Sequence[ModelFacts]]
"""The models that the client key of this row id may use."""
EmbeddingEndpoints: TypeAlias = Callable[[str, str], Endpoint | None]
"""The endpoint for a verb and a model; None where the verb is not about embeddings."""

_MODELS: Final = "/models"
_VERBS: Final = {verb.value: verb for verb in Verb}
_GOOGLE_HEADERS: Final = ("x-goog-api-key", "x-goog-api-client")


class GeminiEndpoint:
    """``POST …/models/{model}:{verb}``; ``embedding`` has the endpoints of what only vendors answer."""

    def __init__(self, parts: InferenceParts, counting: CountParts, embedding: EmbeddingEndpoints) -> None:
        self._parts = parts
        self._counting = counting
        self._embedding = embedding

    async def __call__(self, incoming: Incoming) -> None:
        """Answer as the path's verb wants it."""
        model, _, told = model_part(incoming.path).rpartition(":")
        verb = _VERBS.get(told)
        embedding = self._embedding(told, bare_model(model)) if model else None
        if embedding is not None:
            await embedding(incoming)
            return
        if verb is None or not model:
            await incoming.reply(_not_found(f"{incoming.path} is not served here", incoming))
            return
        await self._infer(incoming, bare_model(model), verb)

    async def _infer(self, incoming: Incoming, model: str, verb: Verb) -> None:
        sse = parse_qs(incoming.query).get("alt") == ["sse"]
        codec = GeminiServer(model=model, verb=verb, sse=sse)
        if verb is not Verb.COUNT:
            await InferenceEndpoint(codec, self._parts)(incoming)
            return
        words = CountWords(
            parse=codec.parse_request,
            encode=codec.encode_count,
            encode_failure=FailureEncoder(codec),
            counted_field="totalTokens",
        )
        await CountEndpoint(words, self._counting)(incoming)


class GeminiModelsEndpoint:
    """``GET …/models`` and ``GET …/models/{model}``."""

    def __init__(self, list_models: ListModels) -> None:
        self._list_models = list_models

    async def __call__(self, incoming: Incoming) -> None:
        """Answer with a page of the list, or with one model of it."""
        models, wanted = self._list_models(incoming.key_id), bare_model(model_part(incoming.path))
        if wanted:
            await incoming.reply(self._one(models, wanted, incoming))
            return
        query = parse_qs(incoming.query)
        size, token = (query.get(name, [None])[0] for name in ("pageSize", "pageToken"))
        try:
            listed = model_list(models, page_size=size, page_token=token)
        except InvalidRequest as error:
            await incoming.reply(GeminiServer().encode_failure(error.failure(), request_id=incoming.request_id))
            return
        await incoming.reply(WireReply(status=200, body=encode(listed)))

    def _one(self, models: Sequence[ModelFacts], wanted: str, incoming: Incoming) -> WireReply:
        for model in models:
            if model.slug == wanted:
                return WireReply(status=200, body=encode(model_object(model)))
        return _not_found(f"the model {wanted!r} does not exist or is not available here", incoming)


class GeminiClientsFirst:
    """A path that Gemini's clients share with others."""

    def __init__(self, *, gemini: Endpoint, others: Endpoint) -> None:
        self._gemini = gemini
        self._others = others

    async def __call__(self, incoming: Incoming) -> None:
        """Answer in the dialect of whoever asks."""
        await (self._gemini if is_gemini_client(incoming) else self._others)(incoming)


def is_gemini_client(incoming: Incoming) -> bool:
    """Whether Google's headers, or a key where only Google's clients put it, came with the request."""
    return any(name in incoming.headers for name in _GOOGLE_HEADERS) or "key" in parse_qs(incoming.query)


def model_part(path: str) -> str:
    """What stands behind ``/models/``, decoded; empty for the list."""
    return unquote(path.partition(_MODELS)[2].removeprefix("/"))


def _not_found(message: str, incoming: Incoming) -> WireReply:
    kind = FailureKind.MODEL_NOT_FOUND if incoming.method in {"GET", "HEAD"} else FailureKind.UNKNOWN_PATH
    return GeminiServer().encode_failure(Failure(kind=kind, message=message), request_id=incoming.request_id)
