"""Tokens of a vendor's thoughts: ``reasoning_details`` as one opaque string each, and back.

Rules of this file: pure.  A token of an encrypted detail is its ``data``; that of a signed text says so in front, so
that the detail can be written again with the words it signs.  Source: OpenRouter API reference, reasoning tokens;
recorded details of OpenRouter and Snowflake.
"""

from typing import Final

from codex_proxy.canonical.blocks import JsonObject

DETAILS: Final = "reasoning_details"
TEXT_DETAIL: Final = "reasoning.text"
ENCRYPTED_DETAIL: Final = "reasoning.encrypted"
RESPONSES_FORM: Final = "openai-responses-v1"
"""The ``format`` of tokens of the Responses family."""

_SIGNED: Final = "signed:"  # no base64 begins so


def token_of(detail: JsonObject) -> str | None:
    """The token in a detail; None where there is none."""
    data, signature = detail.get("data"), detail.get("signature")
    if isinstance(data, str) and data:
        return data
    if not isinstance(signature, str) or not signature:
        return None
    form = detail.get("format")
    return f"{_SIGNED}{form if isinstance(form, str) else ''}:{signature}"


def detail_of(token: str, words: str, item_id: str | None) -> JsonObject:
    """The detail that ``token`` came from; ``words`` are the thought's."""
    if not token.startswith(_SIGNED):
        detail: JsonObject = {"type": ENCRYPTED_DETAIL, "data": token}
    else:
        form, _, signature = token.removeprefix(_SIGNED).partition(":")
        detail = {"type": TEXT_DETAIL, "text": words, "signature": signature}
        detail |= {"format": form} if form else {}
    return {**detail, "id": item_id} if item_id else detail
