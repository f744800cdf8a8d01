"""Records of exchanges."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.canonical.usage import MOST_TOKENS, ImageUsage, Usage
from codex_proxy.usage.records import MOST_MILLISECONDS, MOST_TEXT, Counts, counts_of, kept_text, milliseconds
from tests.usage.samples import event


@pytest.mark.parametrize(
    ("output", "first", "duration", "pace"),
    [
        (100, 1000, 3000, 50.0),  # after the first content
        (100, 2990, 3000, 33.3),  # all at once: over the whole
        (100, None, 2000, 50.0),
        (0, 1000, 3000, None),
        (5, None, 0, None),
    ],
)
def test_the_pace_of_an_answer(output: int, first: int | None, duration: int, pace: float | None) -> None:
    told = event(output_tokens=output, first_content_ms=first, duration_ms=duration)
    assert told.tokens_per_second == pace


def test_what_an_upstream_counts_is_kept_kind_by_kind() -> None:
    usage = Usage(
        input_tokens=10,
        cached_tokens=4,
        cache_write_tokens=3,
        output_tokens=5,
        reasoning_tokens=2,
        image=ImageUsage(input_tokens=7, output_tokens=8),
        estimated=True,
    )
    assert counts_of(usage) == Counts(
        input_tokens=10,
        cached_tokens=4,
        cache_write_tokens=3,
        output_tokens=5,
        reasoning_tokens=2,
        image_input_tokens=7,
        image_output_tokens=8,
        image_count=1,
        estimated=True,
    )
    assert counts_of(usage, image_count=3).image_count == 3


def test_nobody_counted() -> None:
    assert counts_of(None) == Counts()
    assert counts_of(None, image_count=2) == Counts(image_count=2)


def test_nonsense_is_kept_as_a_number_that_adds_up() -> None:
    told = counts_of(Usage(input_tokens=10**30, cached_tokens=-5, cache_write_tokens=None, output_tokens=3))
    assert (told.input_tokens, told.cached_tokens, told.output_tokens) == (MOST_TOKENS, 0, 3)


@given(st.text())
def test_any_text_becomes_one_that_every_database_keeps(text: str) -> None:
    kept = kept_text(text)
    assert len(kept) <= MOST_TEXT
    assert "\x00" not in kept
    assert kept.encode().decode() == kept
    assert kept_text(kept) == kept


def test_texts_lose_control_characters_and_halves_only() -> None:
    assert kept_text("gpt-5.4 äöü 🙂") == "gpt-5.4 äöü 🙂"
    assert kept_text("a\x00b\ud800c\nd\x1b[0m") == "abcd[0m"
    assert kept_text(None) == ""


@pytest.mark.parametrize(
    ("seconds", "kept"),
    [(1.2345, 1234), (-1.0, 0), (math.nan, 0), (math.inf, MOST_MILLISECONDS), (1e20, MOST_MILLISECONDS)],
)
def test_durations_are_whole_milliseconds(seconds: float, kept: int) -> None:
    assert milliseconds(seconds) == kept
