"""Model lists: ``GET /v1/models`` and ``GET /v1/models/{id}``.

Rules of this file: OpenAI's shape, or the Codex catalogue's for a client that says its ``client_version``; the Codex
shape carries an ETag, which Codex clients compare with the ``x-models-etag`` of answers.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias
from urllib.parse import parse_qs

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.target import ModelFacts
from codex_proxy.protocols.base import WireReply
from codex_proxy.protocols.parts import json_text
from codex_proxy.server.incoming import Incoming
from codex_proxy.server.paths import model_in_path

ListModels: TypeAlias = Callable[[], Sequence[ModelFacts]]
EncodeFailure: TypeAlias = Callable[[Failure, str], WireReply]

_CREATED_AT: Final = 1_767_225_600  # 2026-01-01, since the catalogue knows no dates


class ModelsEndpoint:
    """Both model routes."""

    def __init__(self, *, list_models: ListModels, encode_failure: EncodeFailure) -> None:
        self._list_models = list_models
        self._encode_failure = encode_failure

    async def __call__(self, incoming: Incoming) -> None:
        """Answer with the list, or with one model of it."""
        models = self._list_models()
        wanted = model_in_path(incoming.path)
        if wanted is not None:
            await incoming.reply(self._one(models, wanted, incoming.request_id))
        elif "client_version" in parse_qs(incoming.query):
            await incoming.reply(codex_catalogue(models))
        else:
            await incoming.reply(openai_list(models))

    def _one(self, models: Sequence[ModelFacts], wanted: str, request_id: str) -> WireReply:
        for model in models:
            if model.slug == wanted:
                return WireReply(status=200, body=json_text.encode(openai_model(model)))
        failure = Failure(
            kind=FailureKind.MODEL_NOT_FOUND,
            message=f"the model {wanted!r} does not exist or is not available here",
            param="model",
            code="model_not_found",
        )
        return self._encode_failure(failure, request_id)


def openai_list(models: Sequence[ModelFacts]) -> WireReply:
    """The visible models in OpenAI's shape."""
    rows = [openai_model(model) for model in models if model.visible]
    return WireReply(status=200, body=json_text.encode({"object": "list", "data": rows}))


def openai_model(model: ModelFacts) -> JsonObject:
    """One model in OpenAI's shape, with the extras that clients read; unknown figures are left out."""
    extras = {
        "display_name": model.display_name or None,
        "description": model.description or None,
        "context_window": model.context_window,
        "context_length": model.context_window,
        "max_context_window": model.max_context_window,
        "max_output_tokens": model.max_output_tokens,
        "max_tokens": model.max_output_tokens,
        "supported_reasoning_efforts": list(model.efforts) or None,
        "input_modalities": list(model.input_modalities),
    }
    known = {name: value for name, value in extras.items() if value is not None}
    return {"id": model.slug, "object": "model", "created": _CREATED_AT, "owned_by": "openai", **known}


def codex_catalogue(models: Sequence[ModelFacts]) -> WireReply:
    """The catalogue as the backend gives it; a model it did not give is described as far as it is known."""
    body = json_text.encode({"models": [model.raw or _described(model) for model in models]})
    etag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
    return WireReply(status=200, body=body, headers=(("content-type", "application/json"), ("etag", etag)))


def _described(model: ModelFacts) -> JsonObject:
    return {
        "slug": model.slug,
        "display_name": model.display_name or model.slug,
        "description": model.description,
        "default_reasoning_level": model.default_effort or "medium",
        "supported_reasoning_levels": [{"effort": effort, "description": effort} for effort in model.efforts],
        "visibility": "list" if model.visible else "hide",
        "supported_in_api": True,
        "priority": model.priority,
        "context_window": model.context_window,
        "input_modalities": list(model.input_modalities),
    }
