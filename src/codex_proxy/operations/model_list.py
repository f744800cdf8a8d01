"""Which models a client key is shown.

Rules of this file: a key sees what it may use; an alias, or a name with suffixes, is as good as its model.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from codex_proxy.canonical.target import ModelFacts
from codex_proxy.routing.catalogue import Catalogue
from codex_proxy.routing.listing import with_aliases, with_variants
from codex_proxy.routing.resolve import Resolved, Resolver

MayUse: TypeAlias = Callable[[str, str], bool]
"""Whether a client key, named by its row id, may use a model, named by its slug."""


class ModelList:
    """Lists models anew each time, since the catalogue and the aliases change."""

    def __init__(
        self,
        *,
        catalogue: Callable[[], Catalogue],
        aliases: Callable[[], Mapping[str, str]],
        resolver: Callable[[], Resolver],
        variants: Callable[[], bool],
        may_use: MayUse,
    ) -> None:
        self._catalogue = catalogue
        self._aliases = aliases
        self._resolver = resolver
        self._variants = variants
        self._may_use = may_use

    def shown_to(self, key_id: str) -> tuple[ModelFacts, ...]:
        """Every model this key may ask for, hidden ones included, in order of preference; aliases last.

        Where ``variants`` says so, each is followed by its names with suffixes.
        """
        resolver = self._resolver()
        rows = with_aliases(self._catalogue(), self._aliases(), resolver)
        if self._variants():
            rows = with_variants(rows, resolver)
        return tuple(model for model in rows if self._may_use(key_id, model.alias_of or model.slug))

    def default_slug(self) -> str | None:
        """The model of requests that name none."""
        found = self._resolver().resolve("")
        return found.model.slug if isinstance(found, Resolved) else None


def everything(_key_id: str, _model: str) -> bool:
    """A ``MayUse`` for keys without limits."""
    return True
