"""What passes between the gateway and whoever fetches."""

from codex_proxy.gateway.links.fetching import NotFetched


def test_a_refusal_is_told_in_its_own_words() -> None:
    assert str(NotFetched("it leads to a private address")) == "it leads to a private address"
