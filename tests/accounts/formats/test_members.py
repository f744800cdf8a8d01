"""Members of an entry by any of their names."""

import pytest

from codex_proxy.accounts.formats.members import ACCESS_TOKEN, CLIENT_ID, ISSUER, LABEL, Members, showable


@pytest.mark.parametrize(
    "entry",
    [
        {"access_token": "at"},
        {"accessToken": "  at "},
        {"tokens": {"access_token": "at"}},
        {"credentials": {"accessToken": "at"}},
        {"access_token": "", "tokens": {"access_token": "at"}},
        {"access_token": 7, "credentials": {"access_token": "at"}},
        {"access_token": "at", "tokens": {"access_token": "another"}},
    ],
)
def test_the_outermost_text_of_any_name_counts(entry: dict[str, object]) -> None:
    assert Members(entry).text(ACCESS_TOKEN) == "at"


def test_where_tokens_came_from_is_nested_deeper() -> None:
    told = Members({"tokens": {"oauth_provenance": {"issuer": "https://a", "client_id": "app"}}})
    assert (told.text(ISSUER), told.text(CLIENT_ID)) == ("https://a", "app")


@pytest.mark.parametrize(
    "entry", [{}, {"tokens": []}, {"tokens": None, "label": None}, {"label": "  "}, {"label": "\x00"}]
)
def test_what_is_not_there_is_none(entry: dict[str, object]) -> None:
    assert Members(entry).line(LABEL) is None


def test_a_label_keeps_what_can_be_shown() -> None:
    assert Members({"note": " a\x00b\nc \u200d👩 "}).line(LABEL) == "abc \u200d👩"
    assert showable("\ud800") is None
