"""Secrets that everybody knows."""

import pytest

from codex_proxy.access.samples import is_sample


@pytest.mark.parametrize(
    "secret",
    [
        "pwd",
        "sk-1234",
        "change-me-please-change-me",
        "your-secret-api-key-1234567",
        "sk-your_own_secure_key_here",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "0123456789abcdef0123456789",
        "example-key-for-the-gateway",
        "abababababababababababab",
    ],
)
def test_s_05_published_keys_are_known(secret: str) -> None:
    assert is_sample(secret)


@pytest.mark.parametrize("secret", ["cpa-9XqL2mVtR7cJ0wYhK4sN", "a-key-of-the-owners-choice", "Tr0ub4dor&3 and more"])
def test_others_are_not(secret: str) -> None:
    assert not is_sample(secret)
