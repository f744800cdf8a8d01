"""Pictures, documents and sound cost what the rules say, and never their base64."""

import pytest

from codex_proxy.canonical.blocks import Audio, DataSource, File, FileIdSource, Image, UrlSource
from codex_proxy.usage.counting.media import (
    FILE_MIN_TOKENS,
    PAGE_TOKENS,
    PICTURE_MAX_TOKENS,
    PICTURE_UNKNOWN_TOKENS,
    audio_tokens,
    base64_picture_tokens,
    file_tokens,
    pdf_data,
    pdf_tokens,
    picture_tokens,
)
from tests.usage.counting.pictures import base64_of, jpeg, png


def inline(media_type: str, data: str) -> DataSource:
    return DataSource(media_type=media_type, data=data)


@pytest.mark.parametrize(
    ("width", "height", "tokens"),
    [(512, 512, 85 + 170), (513, 512, 85 + 340), (1, 1, 85 + 170), (1024, 1024, 85 + 680), (5000, 5000, 1500)],
)
def test_a_picture_costs_its_tiles_up_to_a_limit(width: int, height: int, tokens: int) -> None:
    assert picture_tokens(Image(source=inline("image/png", base64_of(png(width, height))))) == tokens
    assert tokens <= PICTURE_MAX_TOKENS


def test_the_size_of_a_jpeg_is_found_behind_its_metadata() -> None:
    assert base64_picture_tokens(base64_of(jpeg(512, 512, metadata_bytes=100_000))) == 255


def test_a_picture_of_unknown_size_has_a_fixed_price() -> None:
    for source in (UrlSource(url="https://a.example/x.png"), FileIdSource(file_id="f"), inline("image/png", "%%%")):
        assert picture_tokens(Image(source=source)) == PICTURE_UNKNOWN_TOKENS
    assert picture_tokens(Image(source=UrlSource(url="https://a.example/x.png"), detail="low")) == 85


def test_a_megabyte_of_picture_costs_no_more_than_its_pixels() -> None:
    assert base64_picture_tokens(base64_of(png(100, 100) + b"\x00" * 1_000_000)) == 255


def test_pages_of_an_inline_pdf_are_for_the_counter() -> None:
    assert pdf_data(File(source=inline("application/pdf", "JVBERi0="))) == "JVBERi0="
    assert pdf_data(File(source=UrlSource(url="https://a.example/x.pdf"))) is None
    assert pdf_data(File(source=inline("application/zip", "UEs="))) is None


def test_a_pdf_costs_its_pages_or_else_its_size() -> None:
    assert pdf_tokens(3, base64_characters=10) == 3 * PAGE_TOKENS
    for pages_count in (None, 0):
        assert pdf_tokens(pages_count, base64_characters=10) == FILE_MIN_TOKENS
        assert pdf_tokens(pages_count, base64_characters=8_000_000) == 3000


def test_other_files_cost_their_size_and_text_files_their_text() -> None:
    assert file_tokens(File(source=inline("application/zip", "A" * 8_000_000))) == 3000
    assert file_tokens(File(source=inline("text/csv", "A" * 4800))) == 1000
    assert file_tokens(File(source=FileIdSource(file_id="f"))) == PAGE_TOKENS


def test_sound_costs_its_size() -> None:
    assert audio_tokens(Audio(data="A" * 8_000_000, encoding="mp3")) == 3000
