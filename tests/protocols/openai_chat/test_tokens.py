"""Tokens of a vendor's thoughts, and back."""

from typing import Any

import pytest

from codex_proxy.protocols.openai_chat.tokens import detail_of, token_of

ENCRYPTED = {"type": "reasoning.encrypted", "data": "ENC", "id": "rs_1"}
SIGNED = {"type": "reasoning.text", "text": "why", "signature": "SIG", "format": "anthropic-claude-v1"}
UNNAMED = {"type": "reasoning.text", "text": "why", "signature": "a:b"}


@pytest.mark.parametrize("detail", [ENCRYPTED, SIGNED, UNNAMED])
def test_a_detail_comes_back_from_its_token(detail: dict[str, Any]) -> None:
    token = token_of(detail)
    assert token is not None
    assert detail_of(token, "why", detail.get("id")) == detail


@pytest.mark.parametrize("detail", [{}, {"data": ""}, {"data": 5, "signature": None}, {"text": "why"}])
def test_without_a_token_there_is_none(detail: dict[str, Any]) -> None:
    assert token_of(detail) is None


def test_encrypted_data_is_the_token_itself() -> None:
    assert token_of(ENCRYPTED) == "ENC"
