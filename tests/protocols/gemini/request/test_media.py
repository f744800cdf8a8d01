"""Media by their type, in either base64 alphabet."""

import base64
from typing import Any

import pytest

from codex_proxy.canonical.blocks import Audio, DataSource, File, FileIdSource, Image, Text, UrlSource
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.gemini.request.fields import WireFields
from codex_proxy.protocols.gemini.request.media import Media, detail_of, parse_inline, parse_link

JPEG = base64.b64encode(b"\xff\xd8\xff" + b"\xfb\xef\xbe" * 4).decode()


def inline(data: str, media_type: str | None = None, **members: Any) -> Media:
    return parse_inline(WireFields({"data": data, "mimeType": media_type, **members}, "p.inlineData"), None)


def link(uri: str, media_type: str | None = None) -> Media:
    return parse_link(WireFields({"fileUri": uri, "mimeType": media_type}, "p.fileData"), "low")


def test_the_bytes_decide_what_a_picture_is() -> None:
    assert inline(JPEG, "image/png") == Image(source=DataSource(media_type="image/jpeg", data=JPEG))
    assert inline(JPEG) == Image(source=DataSource(media_type="image/jpeg", data=JPEG))


def test_the_url_safe_alphabet_becomes_the_standard_one() -> None:
    told = JPEG.replace("+", "-").replace("/", "_").rstrip("=")
    assert told != JPEG
    assert inline(told, "image/jpeg") == inline(JPEG, "image/jpeg")


def test_a_pdf_is_a_file_with_a_name() -> None:
    data = base64.b64encode(b"%PDF-1.7").decode()
    assert inline(data, "application/pdf") == File(
        source=DataSource(media_type="application/pdf", data=data), filename="document.pdf"
    )
    assert inline(data, displayName="a.pdf") == File(
        source=DataSource(media_type="application/pdf", data=data), filename="a.pdf"
    )


@pytest.mark.parametrize(
    ("media_type", "encoding"), [("audio/mpeg", "mp3"), ("audio/x-wav", "wav"), ("audio/ogg", "ogg")]
)
def test_sound(media_type: str, encoding: str) -> None:
    assert inline("aGk=", media_type) == Audio(data="aGk=", encoding=encoding)


@pytest.mark.parametrize("media_type", ["text/plain", "text/csv; charset=utf-8", "application/json"])
def test_a_text_document_is_text_under_its_name(media_type: str) -> None:
    data = base64.b64encode("grüße".encode()).decode()
    kind = media_type.partition(";")[0]
    assert inline(data, media_type, display_name="a.csv") == Text(text=f"[a.csv, {kind}]\ngrüße")


def test_video_is_refused_by_name() -> None:
    with pytest.raises(InvalidRequest, match="video cannot be carried") as refused:
        inline("aGk=", "video/mp4")
    assert refused.value.path == "p.inlineData.mimeType"
    with pytest.raises(InvalidRequest, match="video cannot be carried"):
        link("https://example.invalid/watch", "video/mp4")
    with pytest.raises(InvalidRequest, match="sound has to be sent inline"):
        link("https://example.invalid/a", "audio/mp3")


def test_links() -> None:
    assert link("https://example.invalid/a", "image/png") == Image(
        source=UrlSource(url="https://example.invalid/a"), detail="low"
    )
    assert link("https://example.invalid/a.JPG?x") == Image(
        source=UrlSource(url="https://example.invalid/a.JPG?x"), detail="low"
    )
    assert link("https://example.invalid/a.pdf", "application/pdf") == File(
        source=UrlSource(url="https://example.invalid/a.pdf")
    )


@pytest.mark.parametrize(
    "uri", ["gs://bucket/a", "files/abc", "https://generativelanguage.googleapis.com/v1beta/files/a"]
)
def test_what_stands_at_google_stays_an_id(uri: str) -> None:
    assert link(uri, "application/pdf") == File(source=FileIdSource(file_id=uri))
    assert link(uri, "image/png") == Image(source=FileIdSource(file_id=uri), detail="low")


def test_data_must_be_there_and_decodable_where_it_is_read() -> None:
    with pytest.raises(InvalidRequest, match=r"p\.inlineData\.data: is required"):
        parse_inline(WireFields({"mimeType": "image/png"}, "p.inlineData"), None)
    with pytest.raises(InvalidRequest, match="is not base64"):
        inline("!", "text/plain")


@pytest.mark.parametrize(
    ("told", "detail"),
    [
        ("MEDIA_RESOLUTION_LOW", "low"),
        ({"level": "MEDIA_RESOLUTION_HIGH"}, "high"),
        ("media_resolution_medium", "auto"),
        ("MEDIA_RESOLUTION_UNSPECIFIED", None),
        (None, None),
    ],
)
def test_resolution_is_detail(told: object, detail: str | None) -> None:
    assert detail_of(told) == detail
