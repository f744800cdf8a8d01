"""Where in a file its accounts are."""

from typing import Any

import pytest

from codex_proxy.accounts.formats.shapes import MOST_ROWS, Entries, ImportUnreadable, find_entries
from tests.accounts.formats.samples import auth_json, sub2api

TOKEN = {"access_token": "at"}


@pytest.mark.parametrize(
    ("content", "entries"),
    [
        ("rt_1", ["rt_1"]),
        (["rt_1", TOKEN], ["rt_1", TOKEN]),
        ([], []),
        ({"accounts": [TOKEN]}, [TOKEN]),
        ({"accounts": [], "token": "x"}, []),
        (TOKEN, [TOKEN]),
        (auth_json(), [auth_json()]),
        ({"OPENAI_API_KEY": "sk-1"}, [{"OPENAI_API_KEY": "sk-1"}]),
        ({"credentials": TOKEN}, [{"credentials": TOKEN}]),
        (sub2api(TOKEN), sub2api(TOKEN)["accounts"]),
        (sub2api(TOKEN, type="sub2api-bundle"), sub2api(TOKEN)["accounts"]),
        ({"code": 0, "message": "success", "data": sub2api(TOKEN)}, sub2api(TOKEN)["accounts"]),
        ({"data": {"code": 0, "data": {"accounts": [TOKEN]}}}, [TOKEN]),
        ({"data": [TOKEN]}, [TOKEN]),
        ({"data": "unrelated", "token": "x"}, [{"data": "unrelated", "token": "x"}]),
    ],
)
def test_the_accounts_of_each_shape_are_found(content: Any, entries: list[Any]) -> None:
    assert find_entries(content).entries == tuple(enumerate(entries, start=1))


def test_the_proxies_stand_beside_the_accounts() -> None:
    assert find_entries(sub2api(proxies=[{"proxy_key": "k"}])) == Entries(proxies=[{"proxy_key": "k"}])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no accounts in it"),
        (5, "no accounts in it"),
        ({}, "no accounts in it"),
        ({"accounts": {"a": 1}}, "no accounts in it"),
        ({"code": 401, "data": None}, "an interface that refused"),
        ({"data": {"data": {"data": [TOKEN]}}}, "no accounts in it"),
    ],
)
def test_what_holds_no_account_says_so(content: Any, words: str) -> None:
    with pytest.raises(ImportUnreadable, match=words) as caught:
        find_entries(content)
    assert not caught.value.too_large


def test_so_many_rows_are_taken_and_no_more() -> None:
    assert len(find_entries(["rt"] * MOST_ROWS).entries) == MOST_ROWS
    with pytest.raises(ImportUnreadable, match="it has 5001 rows, and at most 5000 are taken at once") as caught:
        find_entries({"accounts": ["rt"] * (MOST_ROWS + 1)})
    assert caught.value.too_large
