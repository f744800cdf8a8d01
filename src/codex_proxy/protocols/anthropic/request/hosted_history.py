"""Earlier calls of hosted tools in an assistant message, retold in a line of text for upstreams that did not make them.

Rules of this file: pure; what a search found is retold only where no text of the assistant follows, which would tell it
itself; results of other tools are retold if they hold readable text.
"""

from collections.abc import Iterator
from typing import Any, Final

from codex_proxy.canonical.blocks import JsonObject

CALLS: Final = frozenset({"server_tool_use", "mcp_tool_use"})
_RESULT_ENDING: Final = "_tool_result"
_MAX_RETOLD_CHARACTERS: Final = 500
_READABLE: Final = ("text", "stdout", "stderr", "content", "title", "url")


def is_hosted(block_type: str) -> bool:
    """Whether a block of this type is a call or a result of a tool that the upstream ran itself."""
    return block_type in CALLS or block_type.endswith(_RESULT_ENDING)


class HostedHistory:
    """The hosted calls of one message, block by block."""

    def __init__(self) -> None:
        self._queries: dict[str, str] = {}
        self._found: list[str] = []

    def add(self, block: JsonObject) -> str | None:
        """Take the next block; the line to tell at once, if it has one."""
        kind = block.get("type")
        if kind in CALLS:
            asked = block.get("input")
            query = asked.get("query") if isinstance(asked, dict) else None
            self._queries[str(block.get("id"))] = query if isinstance(query, str) else ""
            return None
        if kind == "web_search_tool_result":
            self._found.append(self._searched(block))
            return None
        words = " ".join(_readable(block.get("content")))[:_MAX_RETOLD_CHARACTERS]
        return f"{str(kind).removesuffix(_RESULT_ENDING)}: {words}" if words else None

    def text_follows(self) -> None:
        """The assistant's own words came after the searches so far."""
        self._found.clear()

    def rest(self) -> str | None:
        """What no words followed."""
        return "\n".join(self._found) or None

    def _searched(self, block: JsonObject) -> str:
        query = self._queries.get(str(block.get("tool_use_id")), "")
        content = block.get("content")
        results = [result for result in content if isinstance(result, dict)] if isinstance(content, list) else []
        found = ", ".join(f"{result.get('title') or ''} {result.get('url') or ''}".strip() for result in results)
        return f"Searched: {query} → {found or 'nothing'}"


def _readable(value: Any) -> Iterator[str]:
    if isinstance(value, str) and value.strip():
        yield value.strip()
    elif isinstance(value, list):
        for element in value:
            yield from _readable(element)
    elif isinstance(value, dict):
        for name in _READABLE:
            yield from _readable(value.get(name))
