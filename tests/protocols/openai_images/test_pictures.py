"""Pictures that an edit begins from."""

import base64
from typing import Any

import pytest

from codex_proxy.canonical.blocks import DataSource, UrlSource
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.openai_images.pictures import check_count, parse_pictures, uploaded_picture
from codex_proxy.protocols.parts.fields import Fields
from codex_proxy.simulator.unscripted.pictures import draw

PNG, JPEG = draw("png", "a"), draw("jpeg", "a")
AS_PNG = DataSource(media_type="image/png", data=PNG)


def sources(**members: Any) -> list[Any]:
    return [picture.source for picture in parse_pictures(Fields(members))]


def refusal(**members: Any) -> tuple[str, str | None]:
    with pytest.raises(InvalidRequest) as raised:
        parse_pictures(Fields(members))
    return raised.value.path, raised.value.code


@pytest.mark.parametrize(
    "told",
    [
        PNG,
        f"data:image/png;base64,{PNG}",
        f"data:image/jpeg;base64,{PNG}",
        {"image_url": f"data:image/png;base64,{PNG}"},
        {"image_url": {"url": PNG}},
        {"b64_json": PNG},
        {"url": PNG, "detail": "high"},
    ],
)
def test_data_is_read_in_every_spelling_and_is_what_its_bytes_are(told: Any) -> None:
    assert sources(image=told) == [AS_PNG]
    assert sources(images=[told, f"data:image/png;base64,{JPEG}"]) == [
        AS_PNG,
        DataSource(media_type="image/jpeg", data=JPEG),
    ]


def test_addresses_are_left_to_the_upstream() -> None:
    assert sources(image=["https://a/b.png", {"image_url": "http://a/c"}]) == [
        UrlSource(url="https://a/b.png"),
        UrlSource(url="http://a/c"),
    ]


@pytest.mark.parametrize(
    ("members", "refused"),
    [
        ({}, ("image", None)),
        ({"image": []}, ("image", None)),
        ({"image": "hello"}, ("image", "invalid_image")),
        ({"image": [PNG, "aGVsbG8gd29ybGQgaGVsbG8="]}, ("image[1]", "invalid_image")),
        ({"images": [PNG, 7]}, ("images[1]", "invalid_type")),
        ({"image": "data:application/pdf;base64,JVBERi0xLjcgJVBERi0xLjc="}, ("image", "invalid_image")),
        ({"images": [{"file_id": "file-1"}]}, ("images.file_id", "unsupported_file_reference")),
        ({"image": {"detail": "low"}}, ("image.image_url", None)),
        ({"image": {"image_url": 7}}, ("image.image_url", "invalid_type")),
        ({"image": [PNG] * 17}, ("image", "invalid_value")),
    ],
)
def test_what_is_no_picture_is_refused_by_name(members: dict[str, Any], refused: tuple[str, str | None]) -> None:
    assert refusal(**members) == refused


def test_sixteen_pictures_may_come() -> None:
    assert len(sources(image=[PNG] * 16)) == 16
    check_count(1, "image")


def test_an_upload_is_what_its_bytes_are() -> None:
    assert uploaded_picture(base64.b64decode(PNG), "image[0]").source == AS_PNG
    for content in (b"", b"%PDF-1.7", b"<svg/>"):
        with pytest.raises(InvalidRequest) as raised:
            uploaded_picture(content, "image[3]")
        assert raised.value.path == "image[3]"
