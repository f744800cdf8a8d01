"""Data URLs and what their bytes are."""

import base64

import pytest

from codex_proxy.protocols.parts.media import data_url, sniff, sniff_bytes, split_data_url

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n rest").decode()
JPEG = base64.b64encode(b"\xff\xd8\xff\xe0 rest").decode()


def test_a_data_url_is_split_into_type_and_data() -> None:
    assert split_data_url(f"data:image/png;base64,{PNG}") == ("image/png", PNG)
    assert split_data_url("data:text/plain;charset=utf-8;base64,aGk=") == ("text/plain", "aGk=")


def test_the_bytes_win_over_a_wrong_declaration() -> None:
    assert split_data_url(f"data:image/png;base64,{JPEG}") == ("image/jpeg", JPEG)


def test_a_data_url_without_a_type_is_bytes() -> None:
    assert split_data_url("data:;base64,aGk=") == ("application/octet-stream", "aGk=")


@pytest.mark.parametrize("url", ["https://example.com/a.png", "data:image/png,plain", ""])
def test_other_urls_are_no_data(url: str) -> None:
    assert split_data_url(url) is None


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (b"GIF89a....", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"%PDF-1.7", "application/pdf"),
        (b"hello", None),
    ],
)
def test_known_formats_are_recognised(head: bytes, media_type: str | None) -> None:
    assert sniff(base64.b64encode(head).decode()) == media_type


def test_what_is_no_base64_proves_nothing() -> None:
    assert sniff("é!") is None


def test_a_built_url_is_read_back() -> None:
    assert split_data_url(data_url("image/png", PNG)) == ("image/png", PNG)


def test_bytes_are_recognised_like_their_base64() -> None:
    assert sniff_bytes(b"\x89PNG\r\n\x1a\n rest") == sniff(PNG) == "image/png"
    assert sniff_bytes(b"") is None
