"""Which scope a route of the data plane wants.

Rules of this file: one table, the first row that fits decides; what no row names is conversation with a model.
"""

from typing import Final

from codex_proxy.access.scopes import Scope

_READING: Final = frozenset({"GET", "HEAD"})

OWN_TERMS: Final = "/v1/sub-key/info"
"""What every key may ask: how it stands itself."""

READ: Final[tuple[tuple[str, Scope | None], ...]] = (
    (OWN_TERMS, None),
    ("/v1/models", Scope.MODELS),
    ("/v1beta/models", Scope.MODELS),
    ("/v1/fidelity", Scope.MODELS),
    ("/wham/usage", Scope.USAGE),
    ("/backend-api/wham/usage", Scope.USAGE),
    ("/api/codex/usage", Scope.USAGE),
    ("/codex/usage", Scope.USAGE),
    ("/usage", Scope.USAGE),
)
"""Beginnings of paths that are read."""

ASKED: Final[tuple[tuple[str, Scope], ...]] = (
    ("/v1/embeddings", Scope.EMBEDDINGS),
    ("/v1/audio/", Scope.AUDIO),
    ("/v1/images/", Scope.IMAGES),
)
"""Beginnings of paths by which something is asked."""


_EMBEDDING_VERBS: Final = (":embedContent", ":batchEmbedContents")
"""How the paths end by which Gemini's clients ask for embeddings."""


def scope_of(method: str, path: str) -> Scope | None:
    """The scope for a method on a canonical path; None where any key will do."""
    if method in _READING:
        for start, scope in READ:
            if path.startswith(start):
                return scope
    if path.endswith(_EMBEDDING_VERBS):
        return Scope.EMBEDDINGS
    return next((scope for start, scope in ASKED if path.startswith(start)), Scope.CHAT)
