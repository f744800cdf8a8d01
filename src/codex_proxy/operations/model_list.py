"""Which models a client key is shown.

Rules of this file: a key sees what it may use; an alias, or a name with suffixes, is as good as its model.  Which
models the vendors' keys have is asked each time.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import TypeAlias

from codex_proxy.canonical.target import ModelFacts
from codex_proxy.routing.listing import with_aliases, with_variants
from codex_proxy.routing.resolve import Resolved, Resolver
from codex_proxy.routing.vendor_rows import VendorModel, vendor_rows

MayUse: TypeAlias = Callable[[str, ModelFacts], bool]
"""Whether a client key, named by its row id, may use the model of a row."""

VendorModels: TypeAlias = Callable[[], Iterable[VendorModel]]
"""What the vendors' keys list, in the order it is shown."""


class ModelList:
    """Lists models anew each time, since the catalogue, the aliases and the vendors' keys change."""

    def __init__(
        self,
        *,
        aliases: Callable[[], Mapping[str, str]],
        resolver: Callable[[], Resolver],
        variants: Callable[[], bool],
        may_use: MayUse,
        vendor_models: VendorModels = tuple,
    ) -> None:
        self._aliases = aliases
        self._resolver = resolver
        self._variants = variants
        self._may_use = may_use
        self._vendor_models = vendor_models

    def shown_to(self, key_id: str) -> tuple[ModelFacts, ...]:
        """Every model this key may ask for, hidden ones included.

        First the accounts' in order of preference, then the aliases and the vendors'.  Where ``variants`` says so,
        those of the accounts are each followed by their names with suffixes.
        """
        resolver = self._resolver()
        rows = chain(
            with_aliases(resolver.catalogue, self._aliases(), resolver),
            vendor_rows(self._vendor_models(), resolver),
        )
        shown = with_variants(rows, resolver) if self._variants() else rows
        return tuple(model for model in shown if self._may_use(key_id, model))

    def default_slug(self) -> str | None:
        """The model of requests that name none."""
        found = self._resolver().resolve("")
        return found.model.slug if isinstance(found, Resolved) else None


def everything(_key_id: str, _model: ModelFacts) -> bool:
    """A ``MayUse`` for keys without limits."""
    return True
