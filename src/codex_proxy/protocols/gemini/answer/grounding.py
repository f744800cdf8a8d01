"""Web searches and citations as ``groundingMetadata``.

Rules of this file: it stands once, in the last chunk; Gemini's offsets count bytes of UTF-8 from the start of the whole
text, ours characters of a text block; one source is one grounding chunk however often it is cited.
"""

from collections.abc import Sequence

from codex_proxy.canonical.blocks import Annotation, JsonObject


class Grounding:
    """Collects what an answer rests on."""

    __slots__ = ("_base_bytes", "_places", "_queries", "_supports", "left_out")

    def __init__(self) -> None:
        self._base_bytes = 0
        self._queries: dict[str, None] = {}
        self._places: dict[tuple[str, str], int] = {}
        self._supports: list[JsonObject] = []
        self.left_out = False
        """Whether a citation of another kind than of the web came by."""

    def add_text(self, text: str, annotations: Sequence[Annotation]) -> None:
        """The next whole text block, in order."""
        for annotation in annotations:
            if annotation.kind == "url_citation" and annotation.url:
                self._cite(text, annotation)
            else:
                self.left_out = True
        self._base_bytes += len(text.encode("utf-8", "replace"))

    def add_search(self, item: JsonObject) -> None:
        """A finished web search of the Responses dialect."""
        action = item.get("action")
        if not isinstance(action, dict):
            return
        told = action.get("queries")
        for query in [*(told if isinstance(told, list) else ()), action.get("query")]:
            if isinstance(query, str) and query:
                self._queries[query] = None

    def result(self) -> JsonObject | None:
        """The ``groundingMetadata``; None where the answer rests on nothing."""
        made: JsonObject = {}
        if self._queries:
            made["webSearchQueries"] = list(self._queries)
        if self._places:
            made["groundingChunks"] = [{"web": {"uri": url, "title": title}} for url, title in self._places]
            made["groundingSupports"] = self._supports
        return made or None

    def _cite(self, text: str, annotation: Annotation) -> None:
        source = (annotation.url or "", annotation.title or "")
        place = self._places.setdefault(source, len(self._places))
        start, end = annotation.start_index, annotation.end_index
        if start is None or end is None:
            return
        before, cited = text[: max(0, start)], text[max(0, start) : max(0, end)]
        first = self._base_bytes + len(before.encode("utf-8", "replace"))
        last = first + len(cited.encode("utf-8", "replace"))
        segment = {"startIndex": first, "endIndex": last, "text": cited}
        self._supports.append({"segment": segment, "groundingChunkIndices": [place]})
