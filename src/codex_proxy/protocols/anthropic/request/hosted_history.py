"""Earlier calls of hosted tools in a conversation, with the results that came for them.

Rules of this file: pure; nothing is lost, since an upstream that made a call wants it back whole when a paused answer
goes on.  A search becomes the item that every family knows, also where its result came only with the next message;
other blocks are kept as they are.  Each says in words, too, what it found, for upstreams that know no such item: a
search only where no text of the assistant follows, which would tell it itself.
"""

from collections.abc import Iterator
from typing import Any, Final

from codex_proxy.canonical.blocks import Hosted, JsonObject
from codex_proxy.protocols.anthropic.hosted import is_search_call, search_item
from codex_proxy.protocols.anthropic.schema import ORIGIN, WEB_SEARCH_CALL

CALLS: Final = frozenset({"server_tool_use", "mcp_tool_use"})
_RESULT_ENDING: Final = "_tool_result"
_SEARCH_RESULT: Final = "web_search_tool_result"
_MAX_RETOLD_CHARACTERS: Final = 500
_READABLE: Final = ("text", "stdout", "stderr", "content", "title", "url")


def is_hosted(block_type: str) -> bool:
    """Whether a block of this type is a call or a result of a tool that the upstream ran itself."""
    return block_type in CALLS or block_type.endswith(_RESULT_ENDING)


class HostedHistory:
    """The hosted calls of a conversation; ``messages`` are the client's, malformed ones among them."""

    def __init__(self, messages: list[Any]) -> None:
        blocks = list(_assistant_blocks(messages))
        searches = {block["id"] for block in blocks if _is_search(block)}
        found = [block for block in blocks if block.get("type") == _SEARCH_RESULT and _answers(block)]
        self._results = {block["tool_use_id"]: block for block in found if block["tool_use_id"] in searches}

    def read(self, block: JsonObject, *, text_follows: bool) -> Hosted | None:
        """The block's meaning; None for a result, which its call tells."""
        if _is_search(block):
            return self._search(block, text_follows=text_follows)
        if _answers(block) and self._results.get(block["tool_use_id"]) == block:
            return None
        kind, block_id = str(block.get("type")), block.get("id")
        words = _searched("", block) if kind == _SEARCH_RESULT else _told(block)
        return Hosted(
            kind=kind,
            item=block,
            item_id=block_id if isinstance(block_id, str) else None,
            origin=ORIGIN,
            retold="" if kind == _SEARCH_RESULT and text_follows else words,
        )

    def _search(self, call: JsonObject, *, text_follows: bool) -> Hosted:
        result = self._results.get(call["id"])
        item = search_item(call, result)
        words = _searched(item["action"]["query"], result or {})
        return Hosted(kind=WEB_SEARCH_CALL, item=item, item_id=call["id"], retold="" if text_follows else words)


def _assistant_blocks(messages: list[Any]) -> Iterator[JsonObject]:
    for message in messages:
        content = message.get("content") if isinstance(message, dict) and message.get("role") == "assistant" else None
        yield from (block for block in content if isinstance(block, dict)) if isinstance(content, list) else ()


def _is_search(block: JsonObject) -> bool:
    return is_search_call(block) and isinstance(block.get("id"), str)


def _answers(block: JsonObject) -> bool:
    return isinstance(block.get("tool_use_id"), str)


def _searched(query: str, result: JsonObject) -> str:
    content = result.get("content")
    results = [page for page in content if isinstance(page, dict)] if isinstance(content, list) else []
    found = ", ".join(f"{page.get('title') or ''} {page.get('url') or ''}".strip() for page in results)
    return f"Searched: {query} → {found or 'nothing'}"


def _told(block: JsonObject) -> str:
    words = " ".join(_readable(block.get("content")))[:_MAX_RETOLD_CHARACTERS]
    return f"{str(block.get('type')).removesuffix(_RESULT_ENDING)}: {words}" if words else ""


def _readable(value: Any) -> Iterator[str]:
    if isinstance(value, str) and value.strip():
        yield value.strip()
    elif isinstance(value, list):
        for element in value:
            yield from _readable(element)
    elif isinstance(value, dict):
        for name in _READABLE:
            yield from _readable(value.get(name))
