"""What of a capsule is played again: the client's request, and the upstreams' replies in their order.

Rules of this file: pure; of headers only those go along that mean something to a dialect, of settings only those that
move nothing and name no place; no text of a capsule is ever a template, a path of a file or an address.  A vendor is
known by the row id of the key that asked it; accounts are all alike.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec

from codex_proxy.operations.capsules.capsule import AskedKey, Call, Capsule, CapsuleUnusable, Exchange
from codex_proxy.operations.capsules.missing import no_bodies, text_of

MOST_ACCOUNTS: Final = 8
REPLAYED_SECTIONS: Final = frozenset({"model", "chat", "translation", "session"})
"""Sections of the settings that change what is said and nothing else."""
MODEL_ROUTING: Final = "model_routing"
ACCOUNTS: Final = "codex"
"""What attempts call the accounts' upstream."""

_OF_ACCOUNTS: Final = frozenset({"no_account", "usage_limit", "rate_limited", "busy", "stopping", "bad_key"})
"""Failures that come of the gateway's state where nobody was asked."""

_CODEX: Final = "/codex/"
_DATA_PREFIXES: Final = ("/v1/", "/v1beta/", "/anthropic/", "/gemini/", "/openai/", "/responses", "/backend-api/")
BRIDGE_PREFIX: Final = "/api/"
"""Where the Ollama bridge is asked, which listens by itself."""
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
_ANSWERED: Final = (
    "content-type",
    "retry-after",
    "x-codex-",
    "openai-",
    "x-reasoning-",
    "x-ratelimit-",
    "anthropic-",
    "request-id",
    "x-request-id",
)


class TapedReply(msgspec.Struct, frozen=True, kw_only=True):
    """An upstream reply to be given again; ``status`` None breaks the connection before it, ``breaks`` at its end."""

    status: int | None
    headers: tuple[tuple[str, str], ...]
    body: bytes
    breaks: bool = False


class ReplayedKey(msgspec.Struct, frozen=True, kw_only=True):
    """A vendor key that took part, and what its vendor will answer."""

    key: AskedKey
    tape: tuple[TapedReply, ...]


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """What to ask and what is answered.

    ``tape`` is the accounts', of whom there are ``accounts_count``; ``vendor_keys`` are in the order in which they were
    asked first.  ``status_first`` says that the status went out before it was known that the request would fail, since
    that took so long.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    tape: tuple[TapedReply, ...]
    accounts_count: int
    vendor_keys: tuple[ReplayedKey, ...] = ()
    status_first: bool = False

    @property
    def asks_bridge(self) -> bool:
        """Whether the Ollama bridge is asked."""
        return self.target.startswith(BRIDGE_PREFIX)


def replayed(capsule: Capsule) -> Replayed:
    """What to play; raises ``CapsuleUnusable``."""
    exchange = capsule.exchange
    if exchange is None:
        raise CapsuleUnusable(no_bodies(capsule) or "")
    request = exchange.request
    body = text_of(request.body, "the client's request")
    _refuse_unplayable(capsule, exchange)
    tapes = _tapes(capsule, exchange)
    known = {key.row_id: key for key in capsule.vendor_keys}
    return Replayed(
        method=request.method,
        target=_plain(request.target),
        headers={name.lower(): _plain(value) for name, value in request.headers if name.lower() in _ASKED},
        body=_bytes(body),
        tape=tapes.pop(ACCOUNTS, ()),
        accounts_count=_accounts_count(capsule, exchange),
        vendor_keys=tuple(ReplayedKey(key=known[row_id], tape=tape) for row_id, tape in tapes.items()),
        status_first=_status_went_first(capsule.record),
    )


def replayed_config(capsule: Capsule, allowed: frozenset[str]) -> dict[str, Any]:
    """Those of the capsule's settings that are taken over; ``allowed`` are the keys that may be."""
    return {
        name: value
        for name, value in capsule.config.items()
        if name in allowed and name.partition(".")[0] in REPLAYED_SECTIONS
    }


def replayed_routing(capsule: Capsule) -> dict[str, str]:
    """The owner's routes by model id or pattern that lead to vendors which took part."""
    told = capsule.config.get(MODEL_ROUTING)
    names = {name for key in capsule.vendor_keys for name in (key.vendor, key.name)}
    routes = told.items() if isinstance(told, Mapping) else ()
    return {str(model): vendor for model, vendor in routes if isinstance(vendor, str) and vendor in names}


def vendor_calls(capsule: Capsule) -> tuple[Call, ...]:
    """The calls that went to vendors, in their order."""
    keys = {key.row_id for key in capsule.vendor_keys}
    return () if capsule.exchange is None else tuple(call for call in capsule.exchange.calls if call.account_id in keys)


def _refuse_unplayable(capsule: Capsule, exchange: Exchange) -> None:
    """See to it that what came of the request can come of it again; raises ``CapsuleUnusable``."""
    request = exchange.request
    if not exchange.calls and capsule.record.get("failure") in _OF_ACCOUNTS:
        raise CapsuleUnusable("no upstream was asked: what came of it depended on the accounts and keys of that moment")
    if capsule.record.get("aborted"):
        raise CapsuleUnusable("the client left before the answer had ended, so that nobody knows its end")
    asks_model = request.method == "POST" and request.target.startswith((*_DATA_PREFIXES, BRIDGE_PREFIX))
    if not asks_model or ".." in request.target:
        raise CapsuleUnusable("the request is none that a client asks a model with")


def _status_went_first(record: Mapping[str, Any]) -> bool:
    has_failed = record.get("failure") is not None and record.get("ttftMs") is None
    return has_failed and record.get("status") == HTTPStatus.OK


def _tapes(capsule: Capsule, exchange: Exchange) -> dict[str, tuple[TapedReply, ...]]:
    """The replies by who asked for them: the accounts together, or a vendor key's row id; in the order of asking."""
    keys = {key.row_id for key in capsule.vendor_keys}
    in_order = [*(row_id for row_id in _asked_keys(capsule) if row_id in keys), *keys]
    tapes: dict[str, tuple[TapedReply, ...]] = dict.fromkeys(in_order, ())
    for number, call in enumerate(exchange.calls, start=1):
        asker = call.account_id if call.account_id is not None and call.account_id in keys else ACCOUNTS
        if asker == ACCOUNTS and _CODEX not in call.request.target:
            raise CapsuleUnusable(_stranger(call, number))
        reply = _taped(call, f"the answer to upstream call {number}")
        tapes[asker] = (*tapes.get(asker, ()), reply)
    return tapes


def _asked_keys(capsule: Capsule) -> list[str]:
    """Row ids of who was tried, in their order."""
    attempts = capsule.record.get("attempts")
    return [str(each.get("accountId")) for each in attempts if isinstance(each, Mapping)] if attempts else []


def _stranger(call: Call, number: int) -> str:
    """Why a vendor's call cannot be told from others."""
    if call.account_id is None:
        return f"upstream call {number} went to a vendor, and the capsule was made by a version that kept nothing of it"
    return (
        f"upstream call {number} was made with a vendor key that was gone when the capsule was made, "
        "and nothing of it is known; add the key again and let it happen again"
    )


def _taped(call: Call, what: str) -> TapedReply:
    body = text_of(call.reply.body, what)
    headers = tuple(
        (name.lower(), _plain(value)) for name, value in call.reply.headers if name.lower().startswith(_ANSWERED)
    )
    return TapedReply(status=call.reply.status, headers=headers, body=_bytes(body), breaks=call.failure is not None)


def _accounts_count(capsule: Capsule, exchange: Exchange) -> int:
    """Accounts to have: as many as took part, none where only vendors did."""
    keys = {key.row_id for key in capsule.vendor_keys}
    names = {name for name in _asked_keys(capsule) if name not in keys}
    calls_count = len(exchange.calls) - len(vendor_calls(capsule))
    return max(0 if keys else 1, min(MOST_ACCOUNTS, len(names) or calls_count))


def _plain(text: str) -> str:
    """A header's value or a path, of printable ASCII alone."""
    return "".join(letter for letter in text if " " <= letter <= "~")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
