"""The issuer's pages for people: tiny, without scripts.

Rules of this file: pure; everything that came from outside is escaped.
"""

from collections.abc import Sequence
from html import escape
from typing import Final

from codex_proxy.protocols.base import WireReply
from codex_proxy.simulator.issuer.authorize import LoginAsked
from codex_proxy.simulator.tokens import Person

DENY: Final = "deny"

_HEADERS: Final = (
    ("content-type", "text/html; charset=utf-8"),
    ("cache-control", "no-store"),
    ("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'"),
)
_STYLE: Final = (
    "body{font:16px sans-serif;max-width:34em;margin:4em auto}button{display:block;margin:.5em 0;padding:.5em}"
)


def page(title: str, content: str, *, status: int = 200) -> WireReply:
    """A page; ``content`` is HTML."""
    head = f"<!DOCTYPE html><html lang=en><head><title>{escape(title)}</title><style>{_STYLE}</style></head>"
    body = f"<body><h1>{escape(title)}</h1>{content}</body></html>"
    return WireReply(status=status, body=(head + body).encode(), headers=_HEADERS)


def error_page(message: str) -> WireReply:
    """A page that says what is wrong."""
    return page("Simulated sign-in", f"<p>{escape(message)}</p>", status=400)


def redirect(location: str) -> WireReply:
    """Send the browser on."""
    return WireReply(status=302, body=b"", headers=(("location", location), ("cache-control", "no-store")))


def consent_page(asked: LoginAsked, people: Sequence[Person]) -> WireReply:
    """Who logs in?"""
    told = f"<p>Simulated accounts. {escape(asked.client_id)} asks for: {escape(asked.scope)}</p>"
    hidden = f'<input type=hidden name=request value="{escape(asked.query)}">'
    return page("Simulated sign-in", f"{told}<form method=post>{hidden}{_buttons(people)}</form>")


def device_page(people: Sequence[Person], user_code: str) -> WireReply:
    """Which code is approved, and by whom?"""
    code = f'<p><label>Code <input name=user_code value="{escape(user_code)}" required></label></p>'
    return page("Simulated device sign-in", f"<form method=post>{code}{_buttons(people)}</form>")


def _buttons(people: Sequence[Person]) -> str:
    buttons = [
        f'<button name=account value="{escape(each.key)}">{escape(f"{each.email} ({each.plan})")}</button>'
        for each in people
    ]
    return "".join([*buttons, f'<button name=account value="{DENY}">Deny</button>'])
