"""Paths: the variants clients really use, folded to one spelling before the route table is asked.

Rules of this file: pure.  Repeated slashes collapse, ``/v1/v1/`` becomes ``/v1/``, a trailing slash goes, and the
prefixes below are read as ``/v1``.  Source: measured base-URL habits of SDKs and command-line clients.
"""

from typing import Final
from urllib.parse import unquote

_UNVERSIONED: Final = frozenset({"chat", "responses", "models", "embeddings", "images", "completions", "audio"})
_CODEX_PREFIX: Final = "/backend-api/codex"
_OPENAI_PREFIX: Final = "/openai"


def canonical_path(path: str) -> str:
    """The spelling the route table knows; unknown paths come back collapsed but otherwise as they were."""
    segments = [segment for segment in path.split("/") if segment]
    collapsed = "/" + "/".join(segments)
    for prefix in (_CODEX_PREFIX, _OPENAI_PREFIX):
        if collapsed.startswith(prefix + "/"):
            segments = segments[prefix.count("/") :]
            break
    while segments[:2] == ["v1", "v1"]:
        segments = segments[1:]
    if segments and segments[0] in _UNVERSIONED:
        segments = ["v1", *segments]
    return "/" + "/".join(segments)


def model_in_path(path: str) -> str | None:
    """The model id of ``/v1/models/{id}``; ids may hold slashes and escapes."""
    prefix = "/v1/models/"
    return unquote(path.removeprefix(prefix)) if path.startswith(prefix) else None
