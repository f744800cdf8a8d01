"""What of a capsule is played again: the client's request, and the upstream's replies in their order.

Rules of this file: pure; of headers only those go along that mean something to a dialect, of settings only those that
move nothing and name no place; no text of a capsule is ever a template, a path of a file or an address.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from codex_proxy.operations.capsules.capsule import Call, Capsule, CapsuleUnusable, Exchange

MOST_ACCOUNTS: Final = 8
REPLAYED_SECTIONS: Final = frozenset({"model", "chat", "translation", "session"})
"""Sections of the settings that change what is said and nothing else."""

_OF_ACCOUNTS: Final = frozenset({"no_account", "usage_limit", "rate_limited", "busy", "stopping", "bad_key"})
"""Failures that come of the gateway's state where nobody was asked."""

_CODEX: Final = "/codex/"
_DATA_PREFIXES: Final = ("/v1/", "/v1beta/", "/anthropic/", "/gemini/", "/openai/", "/responses", "/backend-api/")
_ASKED: Final = frozenset(
    {
        "accept",
        "anthropic-beta",
        "anthropic-version",
        "content-type",
        "conversation_id",
        "openai-beta",
        "originator",
        "session_id",
        "user-agent",
        "x-stainless-lang",
    }
)
_ANSWERED: Final = ("content-type", "retry-after", "x-codex-", "openai-", "x-reasoning-")


class TapedReply(msgspec.Struct, frozen=True, kw_only=True):
    """An upstream reply to be given again; ``status`` None breaks the connection before it, ``breaks`` at its end."""

    status: int | None
    headers: tuple[tuple[str, str], ...]
    body: bytes
    breaks: bool = False


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """What to ask, what the upstream will answer, and how many accounts there are."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    tape: tuple[TapedReply, ...]
    accounts_count: int


def replayed(capsule: Capsule) -> Replayed:
    """What to play; raises ``CapsuleUnusable``."""
    exchange = capsule.exchange
    if exchange is None:
        raise CapsuleUnusable("no bodies were kept with this request; switch that on and let it happen again")
    request = exchange.request
    body = request.body.whole
    if body is None:
        raise CapsuleUnusable("the client's request was too long to be kept whole; raise logs.max_body_bytes")
    if not exchange.calls and capsule.record.get("failure") in _OF_ACCOUNTS:
        raise CapsuleUnusable("no upstream was asked: what came of it depended on the accounts of that moment")
    if request.method != "POST" or not request.target.startswith(_DATA_PREFIXES) or ".." in request.target:
        raise CapsuleUnusable("the request is none that a client asks a model with")
    return Replayed(
        method=request.method,
        target=_plain(request.target),
        headers={name.lower(): _plain(value) for name, value in request.headers if name.lower() in _ASKED},
        body=_bytes(body),
        tape=tuple(_taped(call) for call in exchange.calls),
        accounts_count=_accounts_count(capsule, exchange),
    )


def replayed_config(capsule: Capsule, allowed: frozenset[str]) -> dict[str, Any]:
    """Those of the capsule's settings that are taken over; ``allowed`` are the keys that may be."""
    return {
        name: value
        for name, value in capsule.config.items()
        if name in allowed and name.partition(".")[0] in REPLAYED_SECTIONS
    }


def _taped(call: Call) -> TapedReply:
    if _CODEX not in call.request.target:
        raise CapsuleUnusable("the request was answered by a vendor; only what accounts answered can be played again")
    body = call.reply.body.whole
    if body is None:
        raise CapsuleUnusable("an upstream's answer was too long to be kept whole; raise logs.max_body_bytes")
    headers = tuple(
        (name.lower(), _plain(value)) for name, value in call.reply.headers if name.lower().startswith(_ANSWERED)
    )
    return TapedReply(status=call.reply.status, headers=headers, body=_bytes(body), breaks=call.failure is not None)


def _accounts_count(capsule: Capsule, exchange: Exchange) -> int:
    attempts = capsule.record.get("attempts")
    names = {str(each.get("accountId")) for each in attempts if isinstance(each, dict)} if attempts else set()
    return max(1, min(MOST_ACCOUNTS, len(names) or len(exchange.calls)))


def _plain(text: str) -> str:
    """A header's value or a path, of printable ASCII alone."""
    return "".join(letter for letter in text if " " <= letter <= "~")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
