"""What a model name says by itself."""

import pytest

from codex_proxy.routing.names import (
    MAX_SUFFIXES,
    Reading,
    is_pattern,
    literal_length,
    matches,
    readings_of,
    spellings_of,
    undated,
    wants_long_context,
)


@pytest.mark.parametrize(
    ("text", "spellings"),
    [
        ("gpt-5.5", ("gpt-5.5",)),
        ("  models/gpt-5.5 ", ("gpt-5.5",)),
        ("llama3.2:latest", ("llama3.2:latest", "llama3.2")),
        ("openai/gpt-4o", ("openai/gpt-4o", "gpt-4o")),
        ("claude-opus-4-6[1m]", ("claude-opus-4-6",)),
        ("claude-opus-4-6[1m]:latest", ("claude-opus-4-6[1m]:latest", "claude-opus-4-6")),
        ("claude-opus-4-6[1M][1m]", ("claude-opus-4-6",)),
        ("", ()),
        (" models/:latest", ()),
    ],
)
def test_spellings(text: str, spellings: tuple[str, ...]) -> None:
    assert spellings_of(text) == spellings


def test_the_mark_of_a_long_window_is_seen_with_and_without_a_tag() -> None:
    marked = ("a[1m]", " models/a[1M] ", "a[1m]:latest", "a:latest[1m]", "a[1m][1m]")
    assert [wants_long_context(name) for name in marked] == [True] * 5
    assert not any(wants_long_context(name) for name in ("a", "a[1m]b", "a-1m", "", ":latest"))


def readings(name: str) -> list[tuple[str, str | None, str | None]]:
    return [(one.name, one.effort, one.tier) for one in readings_of(Reading(name=name))]


def test_suffixes_come_off_one_by_one_and_the_last_of_a_kind_holds() -> None:
    assert readings("a-low-fast-high") == [
        ("a-low-fast-high", None, None),
        ("a-low-fast", "high", None),
        ("a-low", "high", "priority"),
        ("a", "high", "priority"),
    ]


def test_a_suffix_alone_is_a_name_and_there_is_an_end_to_them() -> None:
    assert readings("-high") == [("-high", None, None)]
    assert readings("high") == [("high", None, None)]
    assert len(readings("a" + "-high" * 40)) == MAX_SUFFIXES + 1


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("gpt-5.5-2026-01-31", "gpt-5.5"),
        ("claude-haiku-4-5-20251001", "claude-haiku-4-5"),
        ("claude-sonnet-4@20250929", "claude-sonnet-4"),
        ("@cf/meta/llama-3", "@cf/meta/llama-3"),
        ("gpt-4-0613", "gpt-4-0613"),
    ],
)
def test_dates(name: str, bare: str) -> None:
    assert undated(name) == bare


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("deepseek-*", "deepseek-chat", True),
        ("deepseek-*", "my-deepseek-chat", False),
        ("*/llama-?", "meta/llama-3", True),
        ("*/llama-?", "meta/llama-33", False),
        ("a.c", "abc", False),
        ("[ab]*", "a1", False),
        ("[ab]*", "[ab]1", True),
        ("***", "anything\nat all", True),
    ],
)
def test_patterns(pattern: str, name: str, *, fits: bool) -> None:
    assert matches(pattern, name) is fits


def test_what_a_pattern_is_and_how_much_it_knows() -> None:
    assert [is_pattern(text) for text in ("a", "a*", "?")] == [False, True, True]
    assert literal_length("gpt-?*") == 4
