"""The page at the end of a login."""

import base64
import hashlib
import re

import pytest

from codex_proxy.operations.login.ports import CallbackReply
from codex_proxy.server.oauth.pages import HEADERS, page_of

PAYLOADS = [
    "</script><img src=x onerror=alert(1)>",
    "\"><svg onload='alert(1)'>",
    "</title><script>alert(1)</script>",
    "&lt;script&gt;",
    "{{7*7}} ${7*7} <%= 7*7 %>",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_c_02_every_word_is_escaped(payload: str) -> None:
    page = page_of(CallbackReply(status=200, title=payload, text=payload, detail=payload)).decode()
    tags = {tag.lower() for tag in re.findall(r"<\s*([a-zA-Z!]+)", page)}
    assert tags <= {"!doctype", "html", "head", "meta", "title", "style", "body", "h", "p", "b"}
    assert "onerror=alert(1)>" not in page
    assert "'alert(1)'" not in page


def test_c_02_the_page_has_no_script_and_may_load_nothing() -> None:
    policy = HEADERS["content-security-policy"]
    page = page_of(CallbackReply(status=200, title="t", text="x")).decode()
    style = re.findall(r"<style>(.*)</style>", page)[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}';")
    assert "unsafe" not in policy
    assert "script" not in page
    assert "postMessage" not in page


def test_the_pages_address_goes_nowhere() -> None:
    assert (HEADERS["referrer-policy"], HEADERS["cache-control"]) == ("no-referrer", "no-store")
    assert HEADERS["connection"] == "close"


def test_a_page_without_details_has_none() -> None:
    assert b"<b>" not in page_of(CallbackReply(status=200, title="t", text="x"))
    assert b"<b>why</b>" in page_of(CallbackReply(status=200, title="t", text="x", detail="why"))
