"""Sources, with offsets in bytes."""

from codex_proxy.canonical.blocks import Annotation
from codex_proxy.protocols.gemini.answer.grounding import Grounding


def cited(url: str, start: int | None, end: int | None) -> Annotation:
    return Annotation(kind="url_citation", url=url, title="T", start_index=start, end_index=end)


def test_offsets_count_bytes_from_the_start_of_the_whole_text() -> None:
    grounding = Grounding()
    grounding.add_text("🙂 ä", [cited("u", 2, 3)])
    grounding.add_text("öx", [cited("v", 1, 2), cited("u", 0, 1)])
    assert grounding.result() == {
        "groundingChunks": [{"web": {"uri": "u", "title": "T"}}, {"web": {"uri": "v", "title": "T"}}],
        "groundingSupports": [
            {"segment": {"startIndex": 5, "endIndex": 7, "text": "ä"}, "groundingChunkIndices": [0]},
            {"segment": {"startIndex": 9, "endIndex": 10, "text": "x"}, "groundingChunkIndices": [1]},
            {"segment": {"startIndex": 7, "endIndex": 9, "text": "ö"}, "groundingChunkIndices": [0]},
        ],
    }
    whole = "🙂 äöx".encode()
    assert [whole[5:7], whole[9:10], whole[7:9]] == ["ä".encode(), b"x", "ö".encode()]


def test_a_source_without_a_place_is_a_chunk_alone() -> None:
    grounding = Grounding()
    grounding.add_text("x", [cited("u", None, None)])
    assert grounding.result() == {"groundingChunks": [{"web": {"uri": "u", "title": "T"}}], "groundingSupports": []}


def test_searches() -> None:
    grounding = Grounding()
    grounding.add_search({"action": {"type": "search", "query": "a", "queries": ["a", "b"]}})
    grounding.add_search({"action": {"type": "open_page", "url": "u"}})
    grounding.add_search({"action": 7})
    assert grounding.result() == {"webSearchQueries": ["a", "b"]}


def test_citations_of_other_kinds_are_left_out_and_said_so() -> None:
    grounding = Grounding()
    grounding.add_text("x", [Annotation(kind="file_citation")])
    assert (grounding.result(), grounding.left_out) == (None, True)
    assert Grounding().left_out is False
