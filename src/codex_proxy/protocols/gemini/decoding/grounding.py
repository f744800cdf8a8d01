"""``groundingMetadata`` and ``citationMetadata`` as citations and a web search.

Rules of this file: total; Gemini's offsets count bytes of UTF-8 from the start of the whole text, ours characters of a
text block; a source that nothing in the text points at is a citation without a place.
"""

from collections.abc import Iterator
from typing import Any, Final

from codex_proxy.canonical.blocks import Annotation, JsonObject
from codex_proxy.protocols.gemini.schema import WEB_SEARCH_CALL

_SOURCES: Final = ("web", "retrievedContext", "maps")


class Sources:
    """What an answer rests on, from whichever chunks told it."""

    __slots__ = ("_citations", "_told")

    def __init__(self) -> None:
        self._told: JsonObject = {}
        self._citations: list[Any] = []

    def add(self, candidate: JsonObject) -> None:
        """Take what one candidate says; later chunks replace what earlier ones said of the same kind."""
        grounding, cited = candidate.get("groundingMetadata"), candidate.get("citationMetadata")
        if isinstance(grounding, dict):
            self._told |= {name: value for name, value in grounding.items() if value}
        if isinstance(cited, dict):
            self._citations += _list(cited.get("citations", cited.get("citationSources")))

    def annotations(self, text: str, base_bytes: int) -> Iterator[Annotation]:
        """The citations of a text block that begins ``base_bytes`` bytes after the whole text does."""
        raw = text.encode("utf-8", "replace")
        chunks = [_source(chunk) for chunk in _list(self._told.get("groundingChunks"))]
        cited: set[int] = set()
        for support in _list(self._told.get("groundingSupports")):
            segment = support.get("segment") if isinstance(support, dict) else None
            for place in _list(support.get("groundingChunkIndices")) if isinstance(segment, dict) else ():
                source = chunks[place] if isinstance(place, int) and 0 <= place < len(chunks) else None
                if source is not None and isinstance(segment, dict):
                    cited.add(place)
                    yield _annotation(source, segment, raw, base_bytes)
        for place, source in enumerate(chunks):
            if source is not None and place not in cited:
                yield _annotation(source, {}, raw, base_bytes)
        for citation in self._citations:
            source = _named(citation)
            if source is not None:
                yield _annotation(source, citation, raw, base_bytes)

    def search(self, item_id: str) -> JsonObject | None:
        """The finished web search as an item of the Responses dialect; None where nothing was searched for."""
        queries = [query for query in _list(self._told.get("webSearchQueries")) if isinstance(query, str)]
        if not queries:
            return None
        sources = filter(None, map(_source, _list(self._told.get("groundingChunks"))))
        action = {
            "type": "search",
            "query": queries[0],
            "queries": queries,
            "sources": [{"type": "url", "url": url} for url, _ in sources],
        }
        return {"type": WEB_SEARCH_CALL, "id": item_id, "status": "completed", "action": action}


def _source(chunk: Any) -> tuple[str, str] | None:
    for kind in _SOURCES:
        found = _named(chunk.get(kind)) if isinstance(chunk, dict) else None
        if found is not None:
            return found
    return None


def _named(source: Any) -> tuple[str, str] | None:
    url = source.get("uri") if isinstance(source, dict) else None
    title = source.get("title") if isinstance(source, dict) else None
    return (url, title if isinstance(title, str) else "") if isinstance(url, str) and url else None


def _annotation(source: tuple[str, str], segment: JsonObject, raw: bytes, base_bytes: int) -> Annotation:
    """A segment may leave out its start, which is then the beginning."""
    last = segment.get("endIndex")
    places: tuple[int | None, int | None] = (None, None)
    if isinstance(last, int) and base_bytes < last <= base_bytes + len(raw) and not segment.get("partIndex"):
        first = segment.get("startIndex")
        known = first if isinstance(first, int) else 0
        places = (_characters(raw, known - base_bytes), _characters(raw, last - base_bytes))
    url, title = source
    return Annotation(kind="url_citation", url=url, title=title, start_index=places[0], end_index=places[1])


def _characters(raw: bytes, count_bytes: int) -> int:
    return len(raw[: max(0, count_bytes)].decode("utf-8", "ignore"))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
