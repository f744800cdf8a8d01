"""What vendors answer in one body: model lists, counts, moderations, and the way to embeddings.

Rules of this file: pure; the same question gets the same answer, and another one another.  Source: API references of
OpenAI, Anthropic and Google AI.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.target import ModelFacts
from codex_proxy.protocols.anthropic.models import Paging, list_models, one_model
from codex_proxy.protocols.base import WireReply
from codex_proxy.protocols.gemini.models import model_list, model_object
from codex_proxy.protocols.gemini.server import GeminiServer
from codex_proxy.protocols.parts.json_text import encode
from codex_proxy.simulator.sections.vendors import VendorSettings, Wire
from codex_proxy.simulator.vendors.embeddings import BYTES_PER_TOKEN, embed_content, embed_contents, embeddings, inputs
from codex_proxy.simulator.vendors.places import Place

USUAL_MODELS: Final = ("simulated-large", "simulated-small")
FORBIDDEN: Final = "forbidden"
"""The word that a moderation flags."""
_MADE_AT: Final = 1_767_225_600


def models_reply(
    place: Place, settings: VendorSettings, headers: Mapping[str, str], *, vendor: str
) -> WireReply | None:
    """The list, or one model of it; None where there is no such model.  A known tag gets a 304."""
    names = USUAL_MODELS if settings.models is None else settings.models
    models = [ModelFacts(slug=name, display_name=name.title()) for name in names]
    reply = _one(place, models, vendor) if place.model else _all(place.wire, models, vendor)
    if reply is None:
        return None
    etag = f'"{hashlib.sha256(reply.body).hexdigest()[:32]}"'
    if headers.get("if-none-match") == etag:
        return WireReply(status=304, body=b"", headers=(("etag", etag),))
    return WireReply(status=200, body=reply.body, headers=(("content-type", "application/json"), ("etag", etag)))


def lookup_reply(place: Place, body: JsonObject) -> WireReply | None:
    """The answer to a JSON body; None where this endpoint is none of these.

    Raises:
        InvalidRequest: a member is missing or wrong.
    """
    match place.endpoint:
        case "embeddings":
            return _json(embeddings(body))
        case "embedContent":
            return _json(embed_content(body))
        case "batchEmbedContents":
            return _json(embed_contents(body))
        case "moderations":
            return _json(_moderation(body))
        case "countTokens" | "messages/count_tokens":
            return _count(place.wire, len(encode(body)) // BYTES_PER_TOKEN + 1)
        case _:
            return None


def _all(wire: Wire, models: Sequence[ModelFacts], vendor: str) -> WireReply:
    match wire:
        case Wire.ANTHROPIC:
            return list_models(models, Paging(limit=1000))
        case Wire.GEMINI:
            return _json(model_list(models))
        case Wire.CHAT | Wire.RESPONSES:
            return _json({"object": "list", "data": [_openai_model(model, vendor) for model in models]})


def _one(place: Place, models: Sequence[ModelFacts], vendor: str) -> WireReply | None:
    found = next((model for model in models if model.slug == place.model), None)
    if found is None or place.wire is Wire.ANTHROPIC:
        return one_model(models, place.model)
    return _json(model_object(found) if place.wire is Wire.GEMINI else _openai_model(found, vendor))


def _openai_model(model: ModelFacts, vendor: str) -> JsonObject:
    return {"id": model.slug, "object": "model", "created": _MADE_AT, "owned_by": vendor}


def _count(wire: Wire, tokens: int) -> WireReply:
    return GeminiServer().encode_count(tokens) if wire is Wire.GEMINI else _json({"input_tokens": tokens})


def _moderation(body: JsonObject) -> JsonObject:
    results = [
        {
            "flagged": FORBIDDEN in text,
            "categories": {"violence": FORBIDDEN in text},
            "category_scores": {"violence": float(FORBIDDEN in text)},
            "category_applied_input_types": {"violence": ["text"]},
        }
        for text in inputs(body.get("input"))
    ]
    digest = hashlib.sha256(encode(body)).hexdigest()
    return {"id": f"modr-{digest[:24]}", "model": body.get("model"), "results": results}


def _json(told: Any) -> WireReply:
    return WireReply(status=200, body=encode(told))
