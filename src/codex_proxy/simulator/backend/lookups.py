"""The backend's small answers: its models, its account check, what its answers' headers tell.

Rules of this file: pure.  Source: replies that Codex CLI 0.169 acted on.
"""

import hashlib
from collections.abc import Sequence

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.protocols.base import HeaderPairs, WireReply
from codex_proxy.protocols.parts.json_text import encode
from codex_proxy.simulator.tokens import Person


def models_reply(models: Sequence[JsonObject], *, if_none_match: str | None = None) -> WireReply:
    """``GET /codex/models``; 304 for who says to have this list already."""
    tag = ("etag", models_etag(models))
    if if_none_match == tag[1]:
        return WireReply(status=304, body=b"", headers=(tag,))
    headers = (("content-type", "application/json"), tag)
    return WireReply(status=200, body=encode({"models": models}), headers=headers)


def models_etag(models: Sequence[JsonObject]) -> str:
    """The tag of a model list."""
    return f'W/"{hashlib.sha256(encode(models)).hexdigest()[:32]}"'


def account_check(person: Person, origin: str) -> WireReply:
    """``GET /wham/accounts/check``; Codex sends what follows to ``origin``, so that is where the simulator listens."""
    entry = {
        "id": person.account_id,
        "account_user_id": f"{person.user_id}__{person.account_id}",
        "structure": "personal",
        "plan_type": person.plan,
        "name": None,
        "profile_picture_url": None,
        "role": "account-owner",
        "is_default": True,
        "workspace_backend_origin": origin,
        "account_routing_override": "NO_CONSTRAINT",
    }
    told = {
        "accounts": [entry],
        "default_account_id": person.account_id,
        "account_ordering": [person.account_id],
    }
    return WireReply(status=200, body=encode(told))


def answer_headers(models: Sequence[JsonObject], *, model: str) -> HeaderPairs:
    """What every accepted answer's headers tell beside its content type and the account's counters."""
    return (("openai-model", model), ("x-models-etag", models_etag(models)), ("x-reasoning-included", "true"))
