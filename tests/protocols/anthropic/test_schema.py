from codex_proxy.canonical.blocks import Annotation
from codex_proxy.protocols.anthropic.schema import (
    GRAMMAR,
    OTHER_DELTA,
    citation_object,
    delta_token,
    kind_of,
    read_citation,
)
from codex_proxy.protocols.parts.legality import Legality

TEXT = "The sky is blue. The sea is green."


def test_kinds_of_blocks() -> None:
    assert kind_of("tool_use") == kind_of("server_tool_use") == "call"
    assert kind_of("brand_new") == kind_of("redacted_thinking") == "whole"


def test_deltas_nobody_knows_have_a_token_of_their_own() -> None:
    assert delta_token("text_delta") == "text_delta"
    assert delta_token("compaction_delta") == delta_token(None) == OTHER_DELTA


def accepted(*tokens: tuple[str, int | None]) -> list[bool]:
    machine = Legality(GRAMMAR)
    return [machine.accept(token, key) for token, key in tokens]


def test_one_block_is_open_at_a_time() -> None:
    told = accepted(("message_start", None), ("start text", 0), ("start call", 1), ("stop text", 0), ("start call", 1))
    assert told == [True, True, False, True, True]


def test_deltas_fit_their_blocks() -> None:
    told = accepted(("message_start", None), ("start text", 0), ("thinking_delta", 0), ("text_delta", 0))
    assert told == [True, True, False, True]


def test_one_end_with_every_block_closed() -> None:
    told = accepted(
        ("message_start", None),
        ("start whole", 0),
        ("message_delta", None),
        ("stop whole", 0),
        ("message_delta", None),
        ("message_stop", None),
        ("ping", None),
    )
    assert told == [True, True, False, True, True, True, False]


def test_a_web_citation_quotes_the_text() -> None:
    annotation = Annotation(kind="url_citation", url="https://a.example", title="A", start_index=4, end_index=15)
    assert citation_object(annotation, TEXT) == {
        "type": "web_search_result_location",
        "cited_text": "sky is blue",
        "url": "https://a.example",
        "title": "A",
        "encrypted_index": "",
    }
    whole = citation_object(Annotation(kind="url_citation"), "x" * 500)
    assert whole is not None
    assert len(whole["cited_text"]) == 150


def test_a_citation_of_the_family_comes_back_as_it_was() -> None:
    told = {
        "type": "web_search_result_location",
        "cited_text": "blue",
        "url": "https://a.example",
        "title": "A",
        "encrypted_index": "Eo8B",
    }
    annotation = read_citation(told, len(TEXT))
    assert annotation is not None
    assert (annotation.kind, annotation.start_index, annotation.end_index) == ("url_citation", 0, len(TEXT))
    assert citation_object(annotation, TEXT) == told


def test_citations_of_documents_are_kept_whole() -> None:
    told = {"type": "page_location", "cited_text": "x", "document_index": 0, "start_page_number": 1}
    annotation = read_citation(told, 5)
    assert annotation == Annotation(kind="page_location", extra={k: v for k, v in told.items() if k != "type"})
    assert citation_object(annotation, TEXT) == told


def test_what_is_no_citation_here() -> None:
    assert read_citation({"type": 7}, 5) is None
    assert citation_object(Annotation(kind="file_citation", extra={"file_id": "f"}), TEXT) is None
