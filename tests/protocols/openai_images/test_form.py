"""Parts of a form as members."""

import base64

import pytest

from codex_proxy.canonical.blocks import UrlSource
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.openai_images.form import FormPart, members_of
from codex_proxy.simulator.unscripted.pictures import draw

PNG = base64.b64decode(draw("png", "a"))


def part(name: str, content: bytes | str) -> FormPart:
    return FormPart(name=name, content=content if isinstance(content, bytes) else content.encode())


def refusal(*parts: FormPart) -> tuple[str, str | None]:
    with pytest.raises(InvalidRequest) as raised:
        members_of(parts)
    return raised.value.path, raised.value.code


@pytest.mark.parametrize("name", ["image", "image[]", "image[0]", "images[]"])
def test_pictures_come_under_several_names(name: str) -> None:
    members, pictures = members_of((part("prompt", "a hat"), part(name, PNG), part(name, PNG)))
    assert members == {"prompt": "a hat"}
    assert len(pictures) == 2


def test_a_picture_may_be_an_address_in_a_field() -> None:
    _, (picture,) = members_of((part("image", " https://a/b.png".strip()),))
    assert picture.source == UrlSource(url="https://a/b.png")


def test_numbers_and_booleans_are_read_from_text() -> None:
    told = {
        "n": "2",
        "output_compression": " 80 ",
        "partial_images": "3",
        "stream": "True",
        "size": "auto",
        "user": "7",
    }
    members, _ = members_of((part("image", PNG), *(part(name, value) for name, value in told.items())))
    assert members == {
        "n": 2,
        "output_compression": 80,
        "partial_images": 3,
        "stream": True,
        "size": "auto",
        "user": "7",
    }
    assert members_of((part("image", PNG), part("stream", "0")))[0] == {"stream": False}


def test_files_and_groups_that_are_not_taken_are_still_named() -> None:
    members, _ = members_of((part("image", PNG), part("mask", PNG), part("svg[model]", "x")))
    assert set(members) == {"mask", "svg"}


@pytest.mark.parametrize(
    ("parts", "refused"),
    [
        ((), ("image", None)),
        ((part("image", b""),), ("image[0]", "invalid_image")),
        ((part("image", PNG), part("n", "two")), ("n", "invalid_type")),
        ((part("image", PNG), part("n", "9" * 5000)), ("n", "invalid_type")),
        ((part("image", PNG), part("stream", "maybe")), ("stream", "invalid_type")),
        ((part("image", PNG), part("prompt", b"\xff")), ("prompt", "invalid_value")),
        ((part("image", b"data:\xff"),), ("image[0]", "invalid_value")),
        ((part("image", PNG),) * 17, ("image", "invalid_value")),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(parts: tuple[FormPart, ...], refused: tuple[str, str | None]) -> None:
    assert refusal(*parts) == refused
