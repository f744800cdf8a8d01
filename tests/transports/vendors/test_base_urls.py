"""Base URLs before they are kept."""

import pytest

from codex_proxy.transports.vendors.base_urls import BaseUrls

PRIVATE = (
    "it leads to a private address; allow that for this key with allowPrivate, --allow-private, or allow_private in "
    "local.yaml"
)


def objection(base_url: str, *, allow_private: bool = False) -> str | None:
    return BaseUrls(allow_private=False).objection(base_url, allow_private=allow_private)


@pytest.mark.parametrize(
    "base_url", ["https://api.example/v1", "http://name.invalid/v1", "https://1.1.1.1/v1", "https://[2606:4700::1]"]
)
def test_what_may_be_asked_as_far_as_its_words_tell(base_url: str) -> None:
    assert objection(base_url) is None


@pytest.mark.parametrize(
    ("base_url", "words"),
    [
        ("api.example/v1", "it is no absolute URL"),
        ("ftp://api.example", "its scheme is ftp, not http or https"),
        ("https://user:word@api.example", "it holds a user name or a password"),
        ("https://169.254.169.254/v1", "it leads to a forbidden address"),
        ("http://[::ffff:169.254.169.254]/v1", "it leads to a forbidden address"),
        ("http://0x7f000001/v1", PRIVATE),
        ("http://1.1.1.1/v1", "a key is sent to a public address over https only"),
    ],
)
def test_what_is_never_asked_is_told(base_url: str, words: str) -> None:
    assert objection(base_url) == words


@pytest.mark.parametrize(
    "base_url",
    ["http://127.0.0.1:11434/v1", "http://10.1.2.3", "http://[::1]:1", "http://LOCALHOST:1/v1", "http://a.localhost"],
)
def test_a_private_address_wants_leave(base_url: str) -> None:
    assert objection(base_url) == PRIVATE
    assert objection(base_url, allow_private=True) is None
    assert BaseUrls(allow_private=True).objection(base_url, allow_private=False) is None
