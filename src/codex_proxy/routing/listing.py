"""The models that clients are shown: the catalogue's, and the owner's aliases as rows of their own.

Rules of this file: pure; an alias looks like the model it stands for, under its own name; one that leads nowhere, or
that a model of the catalogue hides, is not shown.
"""

from collections.abc import Iterable, Iterator

import msgspec

from codex_proxy.canonical.target import ModelFacts
from codex_proxy.routing.catalogue import Catalogue
from codex_proxy.routing.resolve import Resolved, Resolver


def with_aliases(catalogue: Catalogue, aliases: Iterable[str], resolver: Resolver) -> Iterator[ModelFacts]:
    """The catalogue's models in its order, then the aliases in the owner's."""
    yield from catalogue.listed()
    for name in aliases:
        found = resolver.resolve(name) if catalogue.find(name) is None else None
        if isinstance(found, Resolved):
            yield alias_of(found, name)


def alias_of(found: Resolved, name: str) -> ModelFacts:
    """The row of an alias; an effort in the alias's target is what it thinks by default."""
    model = found.model
    effort = found.effort or model.default_effort
    own = {"slug": name, "display_name": name, "visibility": "list", "default_reasoning_level": effort}
    return msgspec.structs.replace(
        model,
        slug=name,
        display_name=name,
        default_effort=effort,
        visible=True,
        alias_of=model.slug,
        raw=model.raw | own if model.raw else {},
    )
