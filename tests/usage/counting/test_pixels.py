"""The size of a picture stands in its first bytes."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.usage.counting.pixels import PixelSize, is_jpeg, pixel_size
from tests.usage.counting.pictures import gif, jpeg, png, webp_extended, webp_lossless, webp_lossy

HEADS = [png, gif, jpeg, webp_lossy, webp_lossless, webp_extended]


@pytest.mark.parametrize("head", HEADS)
def test_every_format_tells_width_and_height(head: Callable[[int, int], bytes]) -> None:
    assert pixel_size(head(640, 480)) == PixelSize(width=640, height=480)
    assert pixel_size(head(1, 9000)) == PixelSize(width=1, height=9000)


@pytest.mark.parametrize("head", HEADS)
def test_no_beginning_of_a_head_tells_a_wrong_size(head: Callable[[int, int], bytes]) -> None:
    whole = head(640, 480)
    assert {pixel_size(whole[:length]) for length in range(len(whole))} <= {None, pixel_size(whole)}


def test_a_jpeg_may_have_much_before_its_frame() -> None:
    head = jpeg(3000, 2000, metadata_bytes=150_000, frame_marker=0xC2)
    assert is_jpeg(head)
    assert pixel_size(head) == PixelSize(width=3000, height=2000)
    assert pixel_size(head[:1000]) is None


def test_a_jpeg_whose_picture_begins_without_a_frame_has_no_size() -> None:
    assert pixel_size(b"\xff\xd8\xff\xda\x00\x02\xff\xc0" + b"\x00" * 20) is None


def test_nothing_is_no_size() -> None:
    assert pixel_size(png(0, 480)) is None
    assert pixel_size(b"BM" + b"\x01" * 40) is None
    assert pixel_size(b"") is None


@given(start=st.sampled_from([head(64, 64)[:14] for head in HEADS]), rest=st.binary(max_size=60))
def test_any_bytes_give_a_size_or_none(start: bytes, rest: bytes) -> None:
    found = pixel_size(start + rest)
    assert found is None or (found.width >= 1 and found.height >= 1)
