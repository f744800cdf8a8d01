"""The models that clients are shown: the catalogue's, the owner's aliases as rows of their own, and what suffixes make.

Rules of this file: pure; an alias, or a name with suffixes, looks like the model it stands for, under its own name; one
that leads nowhere is not shown.  An alias under a model's own name stands in that model's place.
A vendor's models have no rows with suffixes, since nobody told which of them mean something there.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from codex_proxy.canonical.target import ModelFacts
from codex_proxy.routing.catalogue import Catalogue
from codex_proxy.routing.names import EFFORT_SUFFIXES, LONG_CONTEXT_MARK, LONG_CONTEXT_TOKENS, TIER_SUFFIXES
from codex_proxy.routing.resolve import Resolved, Resolver

_USUAL_TIERS: Final = ("priority",)
"""What a model takes whose tiers nobody told."""


def with_aliases(catalogue: Catalogue, aliases: Iterable[str], resolver: Resolver) -> Iterator[ModelFacts]:
    """The catalogue's models in its order, then the aliases in the owner's."""
    named = tuple(aliases)
    for model in catalogue.listed():
        found = resolver.resolve(model.slug) if model.slug in named else None
        yield alias_of(found, model.slug) if isinstance(found, Resolved) else model
    for name in named:
        found = resolver.resolve(name) if catalogue.find(name) is None else None
        if isinstance(found, Resolved):
            yield alias_of(found, name)


def with_variants(rows: Iterable[ModelFacts], resolver: Resolver) -> Iterator[ModelFacts]:
    """The rows, each visible one followed by its own names with suffixes.

    Efforts, tiers, an effort with a tier, and the mark of a long window where the model has one beside its usual one.
    """
    told = list(rows)
    taken = {model.slug for model in told}
    for model in told:
        yield model
        for name in _names_with_suffixes(model):
            found = resolver.resolve(name) if name not in taken else None
            if isinstance(found, Resolved):
                yield alias_of(found, name)


def _names_with_suffixes(model: ModelFacts) -> Iterator[str]:
    if not model.visible or model.vendor is not None or "text" not in model.output_modalities:
        return
    efforts = ["", *(f"-{effort}" for effort in model.efforts if effort in EFFORT_SUFFIXES)]
    offered = model.service_tiers or _USUAL_TIERS
    tiers = ["", *(f"-{word}" for word, tier in TIER_SUFFIXES.items() if tier in offered)]
    yield from [f"{model.slug}{effort}{tier}" for tier in tiers for effort in efforts if effort or tier]
    if (model.context_window or 0) < LONG_CONTEXT_TOKENS <= (model.max_context_window or 0):
        yield f"{model.slug}{LONG_CONTEXT_MARK}"


def alias_of(found: Resolved, name: str) -> ModelFacts:
    """The row of an alias; an effort in the alias's target is what it thinks by default."""
    model = found.model
    effort = found.effort or model.default_effort
    own = {"slug": name, "display_name": name, "visibility": "list", "default_reasoning_level": effort}
    window = {"context_window": model.context_window} if found.long_context else {}
    return msgspec.structs.replace(
        model,
        slug=name,
        display_name=name,
        default_effort=effort,
        visible=True,
        alias_of=model.slug,
        raw=model.raw | own | window if model.raw else {},
    )
