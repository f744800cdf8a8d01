"""Vendors' models as rows of a model list.

Rules of this file: pure.  A model is listed by the vendor's own id where that leads to the vendor; with the vendor's
name and a colon before it where the id alone leads elsewhere, or to several.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec

from codex_proxy.canonical.target import CHAT, ModelFacts
from codex_proxy.routing.resolve import Resolved, Resolver

BEHIND_ALL: Final = 10_000
"""The priority of a vendor's model, so that no client takes one for the accounts' best."""


class VendorModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model that a vendor's keys list; ``capabilities`` such as ``chat``, ``embeddings``.

    ``known`` is what the vendor's profile knows of it beside.
    """

    id: str
    vendor: str
    display_name: str = ""
    capabilities: tuple[str, ...] = (CHAT,)
    known: ModelFacts | None = None


def facts_of(model: VendorModel) -> ModelFacts:
    """What is known of the model, under the vendor's own id."""
    known = model.known or ModelFacts(slug=model.id)
    return msgspec.structs.replace(
        known,
        slug=model.id,
        display_name=model.display_name or known.display_name or model.id,
        vendor=model.vendor,
        capabilities=model.capabilities,
        priority=BEHIND_ALL,
    )


def by_id(models: Iterable[VendorModel]) -> Mapping[str, ModelFacts]:
    """What is known of vendors' models by id, of the first vendor that has it."""
    known: dict[str, ModelFacts] = {}
    for model in models:
        known.setdefault(model.id, facts_of(model))
    return known


def vendor_rows(models: Iterable[VendorModel], resolver: Resolver) -> Iterator[ModelFacts]:
    """The rows of these models, in their order."""
    unique = {(model.vendor, model.id): model for model in models}
    counts = Counter(model_id for _, model_id in unique)
    told: set[str] = set()
    for model in unique.values():
        row, found = facts_of(model), resolver.resolve(model.id)
        leads_there = isinstance(found, Resolved) and found.vendor is not None and found.vendor.model == model.id
        if leads_there and model.id not in told and model.id not in resolver.aliases:
            told.add(model.id)
            yield row
        if not leads_there or counts[model.id] > 1:
            yield msgspec.structs.replace(row, slug=f"{model.vendor}:{model.id}")
