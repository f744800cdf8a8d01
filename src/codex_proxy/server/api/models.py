"""Model lists: ``GET /v1/models``, one model, what is known of it, and the whole catalogue.

Rules of this file: OpenAI's shape, or the Codex catalogue's for a client that says its ``client_version``; clients of
other dialects are told apart before they come here.  A key is shown what it may use.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qs

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.target import ModelFacts
from codex_proxy.protocols.base import WireReply
from codex_proxy.protocols.codex.catalogue import catalogue_reply
from codex_proxy.protocols.parts.json_text import encode
from codex_proxy.protocols.parts.openai.models import model_list, model_object
from codex_proxy.server.incoming import Incoming
from codex_proxy.server.paths import model_in_path

ShownModels: TypeAlias = Callable[[str], Sequence[ModelFacts]]
"""The models that the client key of this row id may use."""

EncodeFailure: TypeAlias = Callable[[Failure, str], WireReply]

_INFO: Final = "/info"


class ModelsEndpoint:
    """``GET /v1/models``, ``GET /v1/models/{id}`` and ``GET /v1/models/{id}/info``; ids may hold slashes and colons."""

    def __init__(
        self, *, shown_models: ShownModels, default_slug: Callable[[], str | None], encode_failure: EncodeFailure
    ) -> None:
        self._shown_models = shown_models
        self._default_slug = default_slug
        self._encode_failure = encode_failure

    async def __call__(self, incoming: Incoming) -> None:
        """Answer with the list, or with one model of it."""
        models = self._shown_models(incoming.key_id)
        wanted = model_in_path(incoming.path)
        if wanted is not None:
            await incoming.reply(self._one(models, wanted, incoming.request_id))
        elif "client_version" in parse_qs(incoming.query):
            await incoming.reply(catalogue_reply(models, if_none_match=incoming.headers.get("if-none-match")))
        else:
            await incoming.reply(_ok(model_list(models)))

    def _one(self, models: Sequence[ModelFacts], wanted: str, request_id: str) -> WireReply:
        by_id = {model.slug: model for model in models}
        if wanted in by_id:
            return _ok(model_object(by_id[wanted]))
        asked = wanted.removesuffix(_INFO)
        if asked != wanted and asked in by_id:
            return _ok(catalogue_entry(by_id[asked], default_slug=self._default_slug()))
        failure = Failure(
            kind=FailureKind.MODEL_NOT_FOUND,
            message=f"the model {asked!r} does not exist or is not available here",
            param="model",
            code="model_not_found",
        )
        return self._encode_failure(failure, request_id)


class CatalogueEndpoint:
    """``GET /v1/models/catalog``: everything that is known, as the dashboard shows it."""

    def __init__(self, *, shown_models: ShownModels, default_slug: Callable[[], str | None]) -> None:
        self._shown_models = shown_models
        self._default_slug = default_slug

    async def __call__(self, incoming: Incoming) -> None:
        """Every visible model as an entry."""
        default = self._default_slug()
        shown = [model for model in self._shown_models(incoming.key_id) if model.visible]
        await incoming.reply(_ok([catalogue_entry(model, default_slug=default) for model in shown]))


def catalogue_entry(model: ModelFacts, *, default_slug: str | None) -> JsonObject:
    """What is known of a model; ``default_slug`` is the model of requests that name none.

    Shape: ``id``, ``displayName``, ``description``, ``isDefault``, ``supportedReasoningEfforts`` (objects of
    ``reasoningEffort`` and ``description``), ``defaultReasoningEffort``, ``inputModalities``, ``outputModalities``,
    ``serviceTiers``, ``source``, and in tokens, where known, ``contextWindow``, ``maxContextWindow``,
    ``maxOutputTokens``, ``truncationPolicyLimit``; ``aliasOf`` of an alias; ``vendor`` and ``capabilities`` of a
    vendor's model.
    """
    entry = {
        "id": model.slug,
        "displayName": model.display_name or model.slug,
        "description": model.description,
        "isDefault": model.slug == default_slug,
        "supportedReasoningEfforts": _efforts(model),
        "defaultReasoningEffort": model.default_effort,
        "inputModalities": list(model.input_modalities),
        "outputModalities": list(model.output_modalities),
        "serviceTiers": list(model.service_tiers),
        "source": _source(model),
        "aliasOf": model.alias_of,
        "vendor": model.vendor,
        "capabilities": None if model.vendor is None else list(model.capabilities),
        "contextWindow": model.context_window,
        "maxContextWindow": model.max_context_window,
        "maxOutputTokens": model.max_output_tokens,
        "truncationPolicyLimit": _truncation_limit(model),
    }
    return {name: value for name, value in entry.items() if value is not None}


def _source(model: ModelFacts) -> str:
    if model.vendor is not None:
        return "vendor"
    return "backend" if model.raw else "static"


def _efforts(model: ModelFacts) -> list[JsonObject]:
    told = model.raw.get("supported_reasoning_levels")
    words = {
        level.get("effort"): level.get("description")
        for level in (told if isinstance(told, list) else [])
        if isinstance(level, dict)
    }
    return [{"reasoningEffort": effort, "description": words.get(effort) or ""} for effort in model.efforts]


def _truncation_limit(model: ModelFacts) -> int | None:
    policy = model.raw.get("truncation_policy")
    limit = policy.get("limit") if isinstance(policy, dict) else None
    return limit if isinstance(limit, int) else None


def _ok(told: Any) -> WireReply:
    return WireReply(status=200, body=encode(told))
