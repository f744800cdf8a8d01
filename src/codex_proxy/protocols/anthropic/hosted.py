"""Hosted tools on the wire: the content blocks that show what the upstream ran itself, both ways.

Rules of this file: pure.  A web search is a call and its results; blocks of Anthropic's other hosted tools are carried
whole, each as an item of its own type.  What has no form here gives no block, and the caller notes it.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from codex_proxy.canonical.blocks import Annotation, JsonObject
from codex_proxy.protocols.anthropic.schema import WEB_SEARCH, WEB_SEARCH_CALL

CALL_ID_PREFIX: Final = "srvtoolu_"
_NATIVE_ENDING: Final = "_tool_result"
_NATIVE: Final = frozenset({"server_tool_use", "mcp_tool_use", "compaction", "fallback", "container_upload"})
_UNAVAILABLE: Final = "unavailable"


def is_native(kind: str) -> bool:
    """Whether an item of this kind is a content block of this dialect, as it stands."""
    return kind in _NATIVE or kind.endswith(_NATIVE_ENDING)


def is_search_call(block: JsonObject) -> bool:
    """Whether the block is the call of a web search."""
    return block.get("type") == "server_tool_use" and block.get("name") == WEB_SEARCH


def is_search(kind: str, item: JsonObject) -> bool:
    """Whether the item is a web search, and not the opening of a page."""
    action = item.get("action")
    opens = isinstance(action, dict) and action.get("type") not in {"search", None}
    return kind == WEB_SEARCH_CALL and not opens


def search_call_block(item: JsonObject) -> JsonObject:
    """The ``server_tool_use`` block of a web search."""
    call = {"type": "server_tool_use", "id": _search_id(item), "name": WEB_SEARCH, "input": _search_input(item)}
    return call | _caller(item)


def search_result_block(item: JsonObject, cited: Iterable[Annotation]) -> JsonObject:
    """The ``web_search_tool_result`` block; ``cited`` stand in for sources that the upstream did not list."""
    content: Any = [_result(source) for source in sources_of(item) or _cited_sources(cited)]
    if item.get("status") == "failed":
        code = item.get("error_code")
        content = {
            "type": "web_search_tool_result_error",
            "error_code": code if isinstance(code, str) else _UNAVAILABLE,
        }
    return {"type": "web_search_tool_result", "tool_use_id": _search_id(item), "content": content} | _caller(item)


def awaits_sources(item: JsonObject) -> bool:
    """Whether the search is done and its sources may still come to light as citations."""
    return item.get("status") == "completed" and not sources_of(item)


def has_result(item: JsonObject) -> bool:
    """Whether the search came to an end."""
    return item.get("status") in {"completed", "failed"}


def sources_of(item: JsonObject) -> list[JsonObject]:
    """The pages that the upstream says it found."""
    action = item.get("action")
    sources = action.get("sources") if isinstance(action, dict) else None
    listed = sources if isinstance(sources, list) else []
    return [source for source in listed if isinstance(source, dict) and isinstance(source.get("url"), str)]


def picture_text(item: JsonObject) -> str | None:
    """Markdown for a generated picture that the gateway keeps under a link; None without one."""
    url = item.get("url")
    if not isinstance(url, str) or not url:
        return None
    words = item.get("revised_prompt")
    label = words.replace("[", "(").replace("]", ")").replace("\n", " ") if isinstance(words, str) else "picture"
    return f"![{label}]({url})"


def search_item(call: JsonObject, result: JsonObject | None) -> JsonObject:
    """A ``server_tool_use`` of web search and its result block, if there is one, as a Responses item."""
    asked = call.get("input")
    query = asked.get("query") if isinstance(asked, dict) else None
    action: JsonObject = {"type": "search", "query": query if isinstance(query, str) else ""}
    item: JsonObject = {"type": WEB_SEARCH_CALL, "id": call.get("id"), "status": "in_progress", "action": action}
    item |= _caller(call)
    if result is None:
        return item
    content = result.get("content")
    if isinstance(content, dict):
        return item | {"status": "failed", "error_code": content.get("error_code", _UNAVAILABLE)}
    found = [source for source in content if isinstance(source, dict)] if isinstance(content, list) else []
    action["sources"] = [{**source, "type": "url"} for source in found]
    return item | {"status": "completed"}


def is_family_search(kind: str, item: JsonObject) -> bool:
    """Whether an upstream of this family made the search, and can read what it sealed of the pages."""
    if not is_search(kind, item) or not str(item.get("id")).startswith(CALL_ID_PREFIX):
        return False
    return all(source.get("encrypted_content") for source in sources_of(item))


def _caller(told: JsonObject) -> JsonObject:
    """Who made the call, where it was not the model itself."""
    return {"caller": told["caller"]} if told.get("caller") is not None else {}


def _search_id(item: JsonObject) -> str:
    told = str(item.get("id") or "")
    return told if told.startswith(CALL_ID_PREFIX) else CALL_ID_PREFIX + told.removeprefix("ws_")


def _search_input(item: JsonObject) -> JsonObject:
    action = item.get("action")
    query = action.get("query") if isinstance(action, dict) else None
    return {"query": query if isinstance(query, str) else ""}


def _result(source: JsonObject) -> JsonObject:
    return {
        "type": "web_search_result",
        "url": source["url"],
        "title": source.get("title") or source["url"],
        "encrypted_content": source.get("encrypted_content") or "",
        "page_age": source.get("page_age"),
    }


def _cited_sources(cited: Iterable[Annotation]) -> Iterator[JsonObject]:
    told: set[str] = set()
    for annotation in cited:
        if annotation.url and annotation.url not in told:
            told.add(annotation.url)
            yield {"url": annotation.url, "title": annotation.title}
