"""Content parts in every spelling clients use."""

import json
from typing import Any

import pytest

from codex_proxy.canonical.blocks import Audio, DataSource, File, FileIdSource, Image, Opaque, Refusal, Text, UrlSource
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.openai_chat.conversation.content import Part, lift_parts, parse_content

PNG = DataSource(media_type="image/png", data="QUJD")
PNG_URL = "data:image/png;base64,QUJD"
PDF = DataSource(media_type="application/pdf", data="JVBERg==")


@pytest.mark.parametrize(
    ("wire", "part"),
    [
        ({"type": "text", "text": "hi"}, Text(text="hi")),
        ({"type": "input_text", "text": "hi"}, Text(text="hi")),
        ({"type": "output_text", "text": "hi", "annotations": []}, Text(text="hi")),
        ("hi", Text(text="hi")),
        (
            {"type": "image_url", "image_url": {"url": "https://x/y.png", "detail": "low"}},
            Image(source=UrlSource(url="https://x/y.png"), detail="low"),
        ),
        ({"type": "image_url", "image_url": PNG_URL}, Image(source=PNG)),
        ({"type": "input_image", "image_url": PNG_URL, "detail": "high"}, Image(source=PNG, detail="high")),
        ({"type": "input_image", "file_id": "file-1"}, Image(source=FileIdSource(file_id="file-1"))),
        (
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "QUJD"}},
            Image(source=PNG),
        ),
        ({"type": "image", "data": "QUJD", "mimeType": "image/png"}, Image(source=PNG)),
        (
            {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERg=="}},
            File(source=PDF, filename="a.pdf"),
        ),
        ({"type": "file", "file": {"filename": "a.pdf", "file_data": "JVBERg=="}}, File(source=PDF, filename="a.pdf")),
        (
            {"type": "input_file", "filename": "t.csv", "file_data": "YSxi"},
            File(source=DataSource(media_type="text/csv", data="YSxi"), filename="t.csv"),
        ),
        ({"type": "file", "file": {"file_id": "file-1"}}, File(source=FileIdSource(file_id="file-1"))),
        ({"type": "input_file", "file_url": "https://x/a.pdf"}, File(source=UrlSource(url="https://x/a.pdf"))),
        ({"type": "input_audio", "input_audio": {"data": "QQ==", "format": "mp3"}}, Audio(data="QQ==", encoding="mp3")),
        (
            {"type": "input_audio", "input_audio": "data:audio/mp3;base64,QQ=="},
            Audio(data="QQ==", encoding="mp3"),
        ),
        ({"type": "input_audio", "input_audio": "QQ=="}, Audio(data="QQ==", encoding="wav")),
        (
            {"type": "document_url", "document_url": "https://x/a.pdf", "document_name": "a.pdf"},
            File(source=UrlSource(url="https://x/a.pdf"), filename="a.pdf"),
        ),
        ({"type": "file_url", "file_url": {"url": "https://x/a"}}, File(source=UrlSource(url="https://x/a"))),
        ({"type": "refusal", "refusal": "no"}, Refusal(text="no")),
        ({"type": "hologram", "x": 1}, Opaque(dialect="openai_chat", payload={"type": "hologram", "x": 1})),
    ],
)
def test_every_kind_of_part(wire: Any, part: Part) -> None:
    assert parse_content([wire], "content") == (part,)


def test_order_and_borders_of_parts_are_kept() -> None:
    wire = [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": PNG_URL}, {"type": "text", "text": "b"}]
    assert parse_content(wire, "content") == (Text(text="a"), Image(source=PNG), Text(text="b"))


def test_members_without_meaning_are_kept() -> None:
    wire = [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}]
    assert parse_content(wire, "content") == (Text(text="a", extra={"cache_control": {"type": "ephemeral"}}),)


@pytest.mark.parametrize(
    ("wire", "path"),
    [
        ([{"type": "text"}], "content[0].text"),
        ([{"type": "text", "text": 5}], "content[0].text"),
        ([{"type": "image_url"}], "content[0].image_url"),
        ([{"type": "image_url", "image_url": {}}], "content[0].image_url.url"),
        ([{"type": "image_url", "image_url": 5}], "content[0].image_url"),
        ([{"type": "video_url", "video_url": {"url": "https://x"}}], "content[0].type"),
        ([{"type": "file", "file": {}}], "content[0].file.file_data"),
        ([{"type": "input_audio"}], "content[0].input_audio"),
        ([{"type": "document_url", "document_url": 5}], "content[0].document_url"),
        ([{}], "content[0].type"),
        ([5], "content[0]"),
        (5, "content"),
    ],
)
def test_a_wrong_part_is_named(wire: Any, path: str) -> None:
    with pytest.raises(InvalidRequest) as error:
        parse_content(wire, "content")
    assert error.value.path == path


TOOL_PICTURE = [{"type": "text", "text": "shot"}, {"type": "image", "data": "QUJD", "mimeType": "image/png"}]


@pytest.mark.parametrize("value", [TOOL_PICTURE, {"content": TOOL_PICTURE, "isError": False}])
def test_pictures_printed_as_json_are_lifted(value: Any) -> None:
    assert lift_parts(json.dumps(value)) == (Text(text="shot"), Image(source=PNG))


def test_a_picture_printed_as_nothing_but_its_data_url_is_lifted() -> None:
    assert lift_parts("data:image/png;base64,QUJD\n") == (Image(source=PNG),)


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "data:image/png;base64,QUJD is a picture",
        "data:text/plain;base64,QUJD",
        '{"image": "is just a word"}',
        '[{"type":"text","text":"no \\"image here"}]',
        '[{"type":"image_url"}]',
        '[{"type":"image"',
        '{"images": [1, 2]}',
    ],
)
def test_other_texts_stay_texts(text: str) -> None:
    assert lift_parts(text) is None
