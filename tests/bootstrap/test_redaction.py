"""No secret survives, and no count is mistaken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.bootstrap.redaction import REDACTED, redact, redact_text
from codex_proxy.canonical.target import Credential

BODY = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=20, max_size=60)
AROUND = st.text(st.sampled_from(" \"'{}[]:,;=&\n"), max_size=5)


@given(BODY, st.sampled_from(["cp-", "cpa-", "sk-", "rt_", "gsk_", "xai-", "pplx-", "Bearer ", "AIza"]), AROUND)
def test_a_secret_inside_text_is_gone(body: str, prefix: str, around: str) -> None:
    assert body not in redact_text(f"error {around} {prefix}{body}{around} tail")


@given(BODY, BODY)
def test_a_jwt_is_gone(first: str, second: str) -> None:
    assert second not in redact_text(f"token eyJ{first}.{second}.sig was refused")


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("GET /v1/models?key=abc123&alt=sse", "abc123"),
        ("proxy socks5://user:pa55@127.0.0.1:1 failed", "pa55"),
        ("http://only-user@127.0.0.1", "only-user"),
    ],
)
def test_urls_lose_their_secrets(text: str, hidden: str) -> None:
    assert hidden not in redact_text(text)
    assert REDACTED in redact_text(text)


def test_members_are_redacted_by_name_at_any_depth_but_counts_stay() -> None:
    record = {
        "headers": {"Authorization": "opaque", "accept": "*/*"},
        "max_tokens": 5,
        "token": 7,
        "list": [{"password": "p", "apiKey": "k"}],
    }
    assert redact(record) == {
        "headers": {"Authorization": REDACTED, "accept": "*/*"},
        "max_tokens": 5,
        "token": 7,
        "list": [{"password": REDACTED, "apiKey": REDACTED}],
    }


def test_a_credential_is_redacted_by_type() -> None:
    assert "opaque" not in str(redact({"who": Credential(token="opaque", account_id="a")}))


def test_ordinary_words_stay() -> None:
    assert redact_text("skip the cp command; 5 tokens used") == "skip the cp command; 5 tokens used"
