"""The models that the upstream listed for each plan, as they are kept from one start to the next.

Rules of this file: a document of a later version, of another upstream or of another form is not believed.
"""

from typing import Final, Protocol

import msgspec

from codex_proxy.canonical.target import ModelFacts

VERSION: Final = 1


class PlanList(msgspec.Struct, frozen=True, kw_only=True):
    """What one plan's accounts were told, when (epoch seconds), and as which version of the official client."""

    models: tuple[ModelFacts, ...]
    fetched_at: float
    client_version: str
    etag: str | None = None


class KeptLists(msgspec.Struct, frozen=True, kw_only=True):
    """The lists by plan, and whose they are: the upstream's base URL."""

    version: int = VERSION
    base_url: str
    plans: dict[str, PlanList]


class ListsUnreadable(Exception):
    """What was kept of model lists cannot be read or written; one sentence."""


class ListStore(Protocol):
    """Keeps lists; both raise ``ListsUnreadable``."""

    def load(self) -> KeptLists | None:
        """What was kept last; None where nothing was."""
        ...

    def keep(self, lists: KeptLists) -> None:
        """Keep these."""
        ...
