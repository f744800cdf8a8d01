"""The page at the end of a browser login.

Rules of this file: every word is escaped, whoever it came from; no script, no message to another window, nothing
loaded from anywhere; neither code nor state nor token is on it.
"""

import base64
import hashlib
from collections.abc import Mapping
from html import escape
from typing import Final

from codex_proxy.operations.login.ports import CallbackReply

_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:4rem auto;padding:0 1rem;color-scheme:light dark}"
)
_STYLE_DIGEST: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

HEADERS: Final[Mapping[str, str]] = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_DIGEST}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "no-referrer",  # the page's own address holds the code
    "x-content-type-options": "nosniff",
    "connection": "close",
}


def page_of(reply: CallbackReply) -> bytes:
    """The page, as UTF-8."""
    title = escape(reply.title)
    detail = f"<p><b>{escape(reply.detail)}</b></p>" if reply.detail else ""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{title}</h1>{detail}<p>{escape(reply.text)}</p></body></html>"
    ).encode()
