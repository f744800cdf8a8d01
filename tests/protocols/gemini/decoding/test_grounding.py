"""Sources of a vendor's answer."""

from typing import Any

from codex_proxy.canonical.blocks import Annotation
from codex_proxy.protocols.gemini.decoding.grounding import Sources


def sources(**candidate: Any) -> Sources:
    made = Sources()
    made.add(candidate)
    return made


def support(start: int | None, end: int, *chunks: int, **segment: Any) -> dict[str, Any]:
    told = {"endIndex": end, **segment} | ({} if start is None else {"startIndex": start})
    return {"segment": told, "groundingChunkIndices": list(chunks)}


WEB = [{"web": {"uri": "u", "title": "T"}}, {"retrievedContext": {"uri": "v"}}, {}]


def test_offsets_become_characters_of_the_block() -> None:
    told = sources(
        groundingMetadata={"groundingChunks": WEB, "groundingSupports": [support(5, 7, 0), support(None, 4, 1)]}
    )
    assert list(told.annotations("🙂 ä", 0)) == [
        Annotation(kind="url_citation", url="u", title="T", start_index=2, end_index=3),
        Annotation(kind="url_citation", url="v", title="", start_index=0, end_index=1),
    ]


def test_a_place_in_an_earlier_block_is_no_place_here() -> None:
    told = sources(
        groundingMetadata={"groundingChunks": WEB[:1], "groundingSupports": [support(0, 3, 0), support(4, 5, 0)]}
    )
    places = [(one.start_index, one.end_index) for one in told.annotations("xy", 3)]
    assert places == [(None, None), (1, 2)]


def test_a_source_that_nothing_points_at_and_a_recitation() -> None:
    told = sources(
        groundingMetadata={"groundingChunks": WEB, "groundingSupports": [support(0, 1, 0, 9, partIndex=1)]},
        citationMetadata={"citations": [{"uri": "w", "startIndex": 1, "endIndex": 2}, {"license": "x"}]},
    )
    assert [(one.url, one.start_index) for one in told.annotations("xyz", 0)] == [("u", None), ("v", None), ("w", 1)]


def test_later_chunks_complete_earlier_ones() -> None:
    told = sources(groundingMetadata={"webSearchQueries": ["q"]})
    told.add({"groundingMetadata": {}})
    told.add({"groundingMetadata": {"groundingChunks": WEB[:1], "webSearchQueries": []}})
    assert told.search("ws_1") == {
        "type": "web_search_call",
        "id": "ws_1",
        "status": "completed",
        "action": {"type": "search", "query": "q", "queries": ["q"], "sources": [{"type": "url", "url": "u"}]},
    }


def test_no_search_and_odd_members() -> None:
    assert sources().search("ws") is None
    odd = sources(
        groundingMetadata={"groundingChunks": 7, "groundingSupports": [7, {"segment": 7}]}, citationMetadata=7
    )
    assert list(odd.annotations("x", 0)) == []
