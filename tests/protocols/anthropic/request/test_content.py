import base64
from typing import Any

import pytest

from codex_proxy.canonical.blocks import DataSource, File, FileIdSource, Image, Opaque, Text, UrlSource
from codex_proxy.canonical.notes import Note, Weight
from codex_proxy.protocols.anthropic.request.content import parse_content
from codex_proxy.protocols.base import InvalidRequest

PDF = base64.b64encode(b"%PDF-1.7").decode()
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()


def read(*blocks: Any) -> tuple[Any, ...]:
    return parse_content(list(blocks), "content", [])


def document(**source: str) -> dict[str, Any]:
    return {"type": "document", "source": source}


def test_strings_and_texts_stay_apart_and_empty_ones_go() -> None:
    assert parse_content("hi", "content", []) == (Text(text="hi"),)
    assert parse_content("", "content", []) == parse_content(None, "content", []) == ()
    marked = {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}
    assert read(marked, {"type": "text", "text": ""}, {"type": "text", "text": "b"}) == (Text(text="a"), Text(text="b"))


def test_pictures_inline_linked_and_uploaded() -> None:
    assert read(
        {"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": PNG}},
        {"type": "image", "source": {"type": "url", "url": "https://a.example/x.png"}},
        {"type": "image", "source": {"type": "url", "url": f"data:image/png;base64,{PNG}"}},
        {"type": "image", "source": {"type": "file", "file_id": "file_1"}},
    ) == (
        Image(source=DataSource(media_type="image/png", data=PNG)),
        Image(source=UrlSource(url="https://a.example/x.png")),
        Image(source=DataSource(media_type="image/png", data=PNG)),
        Image(source=FileIdSource(file_id="file_1")),
    )


def test_documents_of_every_source() -> None:
    (pdf,) = read(document(type="base64", media_type="application/pdf", data=PDF))
    assert pdf == File(source=DataSource(media_type="application/pdf", data=PDF), filename="document.pdf")
    (linked,) = read({**document(type="url", url="https://a.example/x.pdf"), "title": "Paper"})
    assert linked == File(source=UrlSource(url="https://a.example/x.pdf"), filename="Paper")
    (text,) = read({**document(type="text", media_type="text/plain", data="words"), "title": "T", "context": "C"})
    assert text == Text(text="T\nC\n\nwords")
    (decoded,) = read(document(type="base64", media_type="text/csv", data=base64.b64encode(b"a,b").decode()))
    assert decoded == Text(text="a,b")
    inner = {
        "type": "document",
        "title": "T",
        "source": {"type": "content", "content": [{"type": "text", "text": "x"}]},
    }
    assert read(inner) == (Text(text="T"), Text(text="x"))


def test_a_pdf_keeps_its_context() -> None:
    told = read({**document(type="base64", media_type="application/pdf", data=PDF), "title": "T", "context": "C"})
    assert told == (
        Text(text="C"),
        File(source=DataSource(media_type="application/pdf", data=PDF), filename="T"),
    )


def test_search_results_and_tool_references_are_told_in_words() -> None:
    result = {
        "type": "search_result",
        "title": "T",
        "source": "https://a.example",
        "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
    }
    assert read(result) == (Text(text="T\nhttps://a.example\n\na\n\nb"),)
    assert read({"type": "tool_reference", "tool_name": "WebFetch"}) == (Text(text="Tool WebFetch is loaded."),)
    state = {"type": "browser_state", "url": "https://a.example", "changes": [{"type": "tab_opened"}]}
    assert read(state) == (Text(text="Browser state\nurl: https://a.example\ntab_opened"),)


def test_citations_that_nobody_will_give_are_noted() -> None:
    notes: list[Note] = []
    asked = {**document(type="text", data="x"), "citations": {"enabled": True}}
    parse_content([asked, {**asked, "citations": {"enabled": False}}], "messages[0].content", notes)
    assert [(note.path, note.weight) for note in notes] == [("messages[0].content[0].citations", Weight.LOSSY)]


def test_a_block_nobody_knows_is_kept_whole() -> None:
    block = {"type": "hologram", "depth": 3}
    assert read(block) == (Opaque(dialect="anthropic", payload=block),)


@pytest.mark.parametrize(
    ("content", "path"),
    [
        (7, "content"),
        ([7], "content[0]"),
        ([{"text": "x"}], "content[0].type"),
        ([{"type": "text", "text": 7}], "content[0].text"),
        ([{"type": "image"}], "content[0].source"),
        ([{"type": "image", "source": {"type": "base64"}}], "content[0].source.data"),
        ([{"type": "image", "source": {"type": "cloud"}}], "content[0].source.type"),
        ([document(type="base64", media_type="text/plain", data="/w==")], "content[0].source.data"),
    ],
)
def test_wrong_shapes_are_named(content: Any, path: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse_content(content, "content", [])
    assert refused.value.path == path
