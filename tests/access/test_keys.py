"""Client keys."""

from codex_proxy.access.keys import ADMIN, INFERENCE, find_key, is_strong, make_key

PEPPER = b"pepper"
KEYS = [
    make_key("a", "secret-a", frozenset({ADMIN}), PEPPER),
    make_key("b", "secret-b", frozenset({INFERENCE}), PEPPER),
]


def test_a_secret_finds_its_key() -> None:
    assert find_key("secret-a", KEYS, PEPPER) is KEYS[0]
    assert find_key("secret-b", KEYS, PEPPER) is KEYS[1]


def test_a_wrong_secret_finds_none() -> None:
    assert find_key("secret", KEYS, PEPPER) is None
    assert find_key("", KEYS, PEPPER) is None


def test_the_kept_form_does_not_hold_the_secret_and_depends_on_the_pepper() -> None:
    assert "secret-a" not in repr(KEYS[0])
    assert find_key("secret-a", KEYS, b"other") is None


def test_a_key_is_strong_from_22_url_safe_characters_on() -> None:
    assert is_strong("a" * 22)
    assert not is_strong("a" * 21)
    assert not is_strong("a" * 30 + "!")
