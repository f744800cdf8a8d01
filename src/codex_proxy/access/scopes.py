"""What a client key may be for.

Rules of this file: pure; the inference scope is all of these together, and the admin scope is none of them.
"""

from collections.abc import Collection
from enum import StrEnum
from typing import Final

from codex_proxy.access.keys import INFERENCE


class Scope(StrEnum):
    """One kind of endpoints."""

    MODELS = "models:read"
    CHAT = "chat"
    EMBEDDINGS = "embeddings"
    IMAGES = "images"
    AUDIO = "audio"
    USAGE = "usage:read"


GRANTABLE: Final = frozenset({INFERENCE, *Scope})
"""What a key may be given that is handed to somebody else."""


def has_scope(scopes: Collection[str], wanted: str) -> bool:
    """Whether scopes hold the wanted one, by its name or with all of inference."""
    return wanted in scopes or (INFERENCE in scopes and wanted in GRANTABLE)
