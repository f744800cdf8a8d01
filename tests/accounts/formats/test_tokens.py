"""What a text is a token of, and what may be told of it."""

import pytest

from codex_proxy.accounts.formats.tokens import cleaned, is_access_token, redacted, why_no_token


@pytest.mark.parametrize(
    "text", ["  rt_0123456789abcdef\n", "Bearer rt_0123456789abcdef", "bearer   rt_0123456789abcdef"]
)
def test_a_token_is_what_is_left_of_a_text_without_white_space_and_bearer(text: str) -> None:
    assert cleaned(text) == "rt_0123456789abcdef"


def test_bearer_within_a_text_is_part_of_it() -> None:
    assert cleaned("the bearer of this") == "the bearer of this"


@pytest.mark.parametrize("token", ["rt_0123456789abcdef", "oaistb_rt_0123456789", "v1.0123456789abcdef"])
def test_what_does_not_begin_like_a_jwt_is_a_refresh_token(token: str) -> None:
    assert why_no_token(token) is None
    assert not is_access_token(token)


def test_what_begins_like_a_jwt_is_an_access_token() -> None:
    assert is_access_token("eyJhbGciOiJub25lIn0.e30.x")


@pytest.mark.parametrize(
    ("token", "words"),
    [
        ("", "at least 16"),
        ("short", "at least 16"),
        ("with a space in the middle", "no spaces"),
        ("ключ-ключ-ключ-ключ", "at least 16"),
        ("x" * 16_385, "this is no token"),
        ("sk-0123456789abcdef", "another kind"),
        ("codex-proxy-0123456789", "another kind"),
    ],
)
def test_what_is_no_token_and_why(token: str, words: str) -> None:
    assert words in (why_no_token(token) or "")


def test_a_token_is_named_by_its_beginning_and_its_length() -> None:
    assert redacted("rt_abcdefghijklmnop") == "rt_abc… (19 characters)"


@pytest.mark.parametrize("token", ["hunter2", "пароль-пароль-пароль", "a\nb" * 20])
def test_of_what_is_short_or_strange_only_the_length_is_told(token: str) -> None:
    assert redacted(token) == f"({len(token)} characters)"
