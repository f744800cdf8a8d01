"""Paths: the variants clients really use, folded to one spelling before the route table is asked.

Rules of this file: pure.  Repeated slashes collapse, ``/v1/v1/`` becomes ``/v1/``, a trailing slash goes, and the
prefixes below are read as ``/v1``.  Google's versions, prefixes and project paths become ``/v1beta/models/``.  Source:
measured base-URL habits of SDKs and command-line clients.
"""

from typing import Final
from urllib.parse import unquote

_UNVERSIONED: Final = frozenset(
    {
        "alpha",
        "audio",
        "chat",
        "completions",
        "embeddings",
        "images",
        "memories",
        "messages",
        "models",
        "moderations",
        "responses",
    }
)
_CODEX_PREFIX: Final = "/backend-api/codex"
_OPENAI_PREFIX: Final = "/openai"
_GEMINI_PREFIX: Final = "/gemini"
_ANTHROPIC_PREFIX: Final = "/anthropic"
_BETA: Final = "v1beta"
_GOOGLE_VERSIONS: Final = frozenset({"v1", _BETA, "v1alpha", "v1beta1"})
_GOOGLE_COLLECTIONS: Final = frozenset({"projects", "publishers", "tunedModels"})
_MODELS: Final = frozenset({"models", "tunedModels"})


def canonical_path(path: str) -> str:
    """The spelling the route table knows; unknown paths come back collapsed but otherwise as they were."""
    segments = [segment for segment in path.split("/") if segment]
    collapsed = "/" + "/".join(segments)
    for prefix in (_CODEX_PREFIX, _OPENAI_PREFIX, _GEMINI_PREFIX, _ANTHROPIC_PREFIX):
        if collapsed.startswith(prefix + "/"):
            segments = segments[prefix.count("/") :]
            break
    while segments[:2] == ["v1", "v1"]:
        segments = segments[1:]
    if segments and segments[0] in _UNVERSIONED:
        segments = ["v1", *segments]
    return "/" + "/".join(_google_segments(segments))


def _google_segments(segments: list[str]) -> list[str]:
    """Vertex names the project and the publisher before the model; all versions are one here but ``v1``."""
    versioned = bool(segments) and segments[0] in _GOOGLE_VERSIONS
    rest = segments[1:] if versioned else segments
    if rest and rest[0] in _GOOGLE_COLLECTIONS:
        place = next((place for place, segment in enumerate(rest) if segment in _MODELS), None)
        return segments if place is None else [_BETA, "models", *rest[place + 1 :]]
    return [_BETA, *rest] if versioned and segments[0] != "v1" else segments


def model_in_path(path: str) -> str | None:
    """The model id of ``/v1/models/{id}``; ids may hold slashes and escapes."""
    prefix = "/v1/models/"
    return unquote(path.removeprefix(prefix)) if path.startswith(prefix) else None
