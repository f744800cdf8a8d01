"""Texts without secrets."""

import json

import pytest

from codex_proxy.bootstrap.secrecy.known import KnownSecrets
from codex_proxy.bootstrap.secrecy.redactor import Redactor

SECRET = "oneLongSecretOfTheOwner0123456789"


def redacted(text: str) -> str:
    known = KnownSecrets()
    known.learn(SECRET)
    return Redactor(known)(text)


@pytest.mark.parametrize(
    "hidden",
    [
        SECRET,
        f"https://host/path?key={SECRET}",
        '{"refresh_token": "whatever-it-is"}',
        '{"password": "with \\" inside it"}',
        json.dumps(json.dumps({"api_key": "whatever-it-is"})),
        "Authorization: Bearer whatever-it-is",
        "http://user:whatever-it-is@proxy/",
        "key=sk-0123456789abcdef",
    ],
)
def test_what_is_secret_by_value_by_name_or_by_shape_is_gone(hidden: str) -> None:
    told = redacted(f"before {hidden} after")
    assert "[redacted]" in told
    assert not any(word in told for word in (SECRET, "whatever-it-is", "inside it", "0123456789abcdef"))
    assert (told[:7], told[-6:]) == ("before ", " after")


def test_u_06_counts_of_tokens_and_what_is_innocent_stay() -> None:
    for text in ('{"max_tokens": 100, "total_tokens": 7}', '{"token": " Hello", "logprob": -0.1}', "plain words"):
        assert redacted(text) == text
