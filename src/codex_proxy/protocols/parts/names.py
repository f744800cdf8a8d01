"""Tool names and call ids within an upstream's limits, and back.

Rules of this file: a legal name or id stays as it is; a changed one is unique within its request, deterministic, and
mapped back in the answer.
"""

import hashlib
import re
from collections.abc import Iterable
from typing import Final

MAX_NAME_LENGTH: Final = 64
MAX_CALL_ID_LENGTH: Final = 64

_LEGAL_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_ILLEGAL: Final = re.compile(r"[^a-zA-Z0-9_-]")
_MCP_HEAD: Final = "mcp__"
_KEPT_OF_ID: Final = 24


class NameMap:
    """Client names to upstream names, for one request."""

    def __init__(self, names: Iterable[str]) -> None:
        self._upstream: dict[str, str] = {}
        wanted = list(dict.fromkeys(names))
        taken = {name for name in wanted if _LEGAL_NAME.fullmatch(name)}
        for name in wanted:
            if name not in taken:
                self._upstream[name] = _unique(_shortened(name), taken)

    def upstream(self, name: str) -> str:
        """The name to send for the client's ``name``."""
        return self._upstream.get(name) or (name if _LEGAL_NAME.fullmatch(name) else _shortened(name))

    def back(self) -> dict[str, str]:
        """Upstream names to the client's, the changed ones only."""
        return {upstream: name for name, upstream in self._upstream.items()}


def upstream_call_id(call_id: str) -> str:
    """The id to send for the client's ``call_id``: itself up to 64 characters, else its head and a digest."""
    if len(call_id) <= MAX_CALL_ID_LENGTH:
        return call_id
    digest = hashlib.sha256(call_id.encode()).hexdigest()
    return f"{call_id[:_KEPT_OF_ID]}_{digest}"[:MAX_CALL_ID_LENGTH]


def _shortened(name: str) -> str:
    legal = _ILLEGAL.sub("_", name) or "tool"
    if len(legal) <= MAX_NAME_LENGTH:
        return legal
    if legal.startswith(_MCP_HEAD):
        tail = legal.rsplit("__", 1)[-1][: MAX_NAME_LENGTH - len(_MCP_HEAD)]
        return _MCP_HEAD + tail
    return legal[:MAX_NAME_LENGTH]


def _unique(name: str, taken: set[str]) -> str:
    candidate, count = name, 0
    while candidate in taken:
        count += 1
        suffix = f"_{count}"
        candidate = name[: MAX_NAME_LENGTH - len(suffix)] + suffix
    taken.add(candidate)
    return candidate
