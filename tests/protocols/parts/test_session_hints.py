"""Which conversation a request belongs to."""

import pytest

from codex_proxy.protocols.parts.session_hints import CONVERSATION_HEADERS, conversation_id


@pytest.mark.parametrize("name", CONVERSATION_HEADERS)
def test_every_known_header_names_the_conversation(name: str) -> None:
    assert conversation_id({name: " c-1 "}) == "c-1"


def test_headers_win_over_the_body_and_earlier_ones_over_later_ones() -> None:
    headers = {"x-session-id": "second", "session-id": "first"}
    assert conversation_id(headers, "body") == "first"
    assert conversation_id({}, None, 7, "body", "later") == "body"


@pytest.mark.parametrize("value", ["", "   ", "x" * 257])
def test_an_unusable_id_counts_as_none(value: str) -> None:
    assert conversation_id({"session-id": value}) is None
