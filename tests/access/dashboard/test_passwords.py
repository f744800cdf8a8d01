"""What may be a password."""

import pytest

from codex_proxy.access.dashboard.passwords import MOST_BYTES, spelled, why_not


@pytest.mark.parametrize(
    "password", ["correct horse", "пароль-который-долго", "señor-ñandú-é", " leading and trailing "]
)
def test_long_ones_of_any_script_may(password: str) -> None:
    assert why_not(password) is None


@pytest.mark.parametrize(
    ("password", "words"),
    [("short", "10 or more"), ("", "10 or more"), ("x1" * MOST_BYTES, "at most"), ("password1234", "sample")],
)
def test_others_may_not(password: str, words: str) -> None:
    assert words in (why_not(password) or "")


def test_one_spelling_of_each_letter() -> None:
    assert spelled("e\u0301") == spelled("\u00e9")
