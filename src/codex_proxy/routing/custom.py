"""Models that the owner adds to the catalogue.

Rules of this file: pure.  A custom model is asked of the accounts by its own id; what it does not say comes from the
model it is based on, or from the listed model of its own id, or is a plain text model's.
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.target import ModelFacts
from codex_proxy.routing.catalogue import Catalogue

PLAIN_EFFORT: Final = "medium"


class CustomModel(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the owner's; None means that it does not say.  Windows and limits count tokens."""

    id: str
    based_on: str | None = None
    display_name: str | None = None
    description: str | None = None
    efforts: tuple[str, ...] | None = None
    default_effort: str | None = None
    service_tiers: tuple[str, ...] | None = None
    input_modalities: tuple[str, ...] | None = None
    output_modalities: tuple[str, ...] | None = None
    context_window: int | None = None
    max_context_window: int | None = None
    max_output_tokens: int | None = None


_TOLD: Final = tuple(name for name in CustomModel.__struct_fields__ if name not in {"id", "based_on"})


def with_custom(catalogue: Catalogue, custom: Iterable[CustomModel]) -> Catalogue:
    """The catalogue with the owner's models: in the place of a listed one of the same id, else behind all others."""
    models = dict(catalogue.models)
    last = max((model.priority for model in models.values()), default=0) + 1
    for entry in custom:
        base = models.get(entry.based_on or entry.id)
        own = models.get(entry.id)
        models[entry.id] = _facts(entry, base, priority=last if own is None else own.priority)
    return msgspec.structs.replace(catalogue, models=models)


def unknown_bases(catalogue: Catalogue, custom: Iterable[CustomModel]) -> dict[str, str]:
    """By id the owner's models that are based on one that is neither in the catalogue nor before them, and on which."""
    known = set(catalogue.models)
    missing: dict[str, str] = {}
    for entry in custom:
        if entry.based_on is not None and entry.based_on not in known:
            missing[entry.id] = entry.based_on
        known.add(entry.id)
    return missing


def _facts(entry: CustomModel, base: ModelFacts | None, *, priority: int) -> ModelFacts:
    known = _plain(entry) if base is None else base
    told = {name: getattr(entry, name) for name in _TOLD if getattr(entry, name) is not None}
    facts = msgspec.structs.replace(known, slug=entry.id, visible=True, priority=priority)
    if known.slug != entry.id:
        facts = msgspec.structs.replace(facts, display_name=entry.id)
    facts = msgspec.structs.replace(facts, **told)
    if facts.efforts and facts.default_effort not in facts.efforts:
        facts = msgspec.structs.replace(facts, default_effort=_middle(facts.efforts))
    return msgspec.structs.replace(facts, raw=known.raw | _raw(facts) if known.raw else {})


def _plain(entry: CustomModel) -> ModelFacts:
    efforts = entry.efforts or (entry.default_effort or PLAIN_EFFORT,)
    return ModelFacts(slug=entry.id, display_name=entry.id, efforts=efforts, input_modalities=("text",))


def _middle(efforts: tuple[str, ...]) -> str:
    return PLAIN_EFFORT if PLAIN_EFFORT in efforts else efforts[len(efforts) // 2]


def _raw(facts: ModelFacts) -> JsonObject:
    """What the model is called in the backend's own description of it."""
    told: dict[str, Any] = {
        "slug": facts.slug,
        "display_name": facts.display_name,
        "description": facts.description,
        "visibility": "list",
        "supported_reasoning_levels": [{"effort": effort, "description": effort} for effort in facts.efforts],
        "default_reasoning_level": facts.default_effort,
        "input_modalities": list(facts.input_modalities),
        "context_window": facts.context_window,
        "max_context_window": facts.max_context_window,
    }
    return {name: value for name, value in told.items() if value is not None}
