"""Small questions to the backend beside answers: the model list and the account check.

Rules of this file: header order is the real client's; unknown model members are kept.  Source: captures of Codex CLI
0.169.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.target import ClientIdentity, Credential, ModelFacts
from codex_proxy.protocols.base import UpstreamCall
from codex_proxy.protocols.codex.asking.identity import client_headers, credential_headers, user_agent

OVERRIDES: Final = frozenset({"us", "us_cr"})
_SELECTORS: Final = frozenset({"auto"})  # ChatGPT's own choice among models; names none
_NO_CONSTRAINT: Final = "NO_CONSTRAINT"
_ORIGIN: Final = re.compile(r"https://[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d{1,5})?/?")  # no path, no user


class AccountRouting(msgspec.Struct, frozen=True, kw_only=True):
    """Where an account's answers are asked for.  ``origin`` is https without path, ``override`` a header value."""

    origin: str
    override: str | None


def build_models_call(client: ClientIdentity, credential: Credential, *, etag: str | None = None) -> UpstreamCall:
    """``GET /codex/models``; with ``etag`` only if the list is another one by now, which the real client never asks."""
    headers = (
        ("version", client.engine_version),
        *credential_headers(credential),
        *client_headers(client),
        ("accept", "*/*"),
        *((("if-none-match", etag),) if etag else ()),
    )
    return UpstreamCall(method="GET", path=f"/codex/models?client_version={client.engine_version}", headers=headers)


def build_account_check(client: ClientIdentity, credential: Credential) -> UpstreamCall:
    """``GET /wham/accounts/check``."""
    headers = (("user-agent", user_agent(client)), *credential_headers(credential), ("accept", "*/*"))
    return UpstreamCall(method="GET", path="/wham/accounts/check", headers=headers)


def parse_models(body: bytes) -> tuple[ModelFacts, ...]:
    """The models of a list; entries without a slug are left out."""
    listed = _object(body).get("models")
    return tuple(
        _facts(entry)
        for entry in (listed if isinstance(listed, list) else [])
        if isinstance(entry, dict) and isinstance(entry.get("slug"), str)
    )


def parse_account_check(body: bytes, account_id: str | None) -> AccountRouting | None:
    """The routing of ``account_id``, or of the default account; None where the answer settles nothing."""
    told = _object(body)
    wanted = account_id or told.get("default_account_id")
    accounts = told.get("accounts")
    for entry in accounts if isinstance(accounts, list) else []:
        if isinstance(entry, dict) and entry.get("id") == wanted:
            return _routing(entry)
    return None


def _routing(entry: Mapping[str, Any]) -> AccountRouting | None:
    origin, override = entry.get("workspace_backend_origin"), entry.get("account_routing_override")
    if not isinstance(origin, str) or (override != _NO_CONSTRAINT and override not in OVERRIDES):
        return None
    if _ORIGIN.fullmatch(origin) is None:
        return None
    return AccountRouting(origin=origin.rstrip("/"), override=override if override in OVERRIDES else None)


def _facts(entry: JsonObject) -> ModelFacts:
    levels = entry.get("supported_reasoning_levels") or entry.get("supported_reasoning_efforts") or []
    efforts = [level.get("effort") if isinstance(level, dict) else level for level in levels]
    tiers = [tier.get("id") if isinstance(tier, dict) else tier for tier in entry.get("service_tiers") or []]
    default = entry.get("default_reasoning_level") or entry.get("default_reasoning_effort")
    modalities = entry.get("input_modalities")
    return ModelFacts(
        slug=entry["slug"],
        display_name=_text(entry, "display_name"),
        description=_text(entry, "description"),
        efforts=tuple(effort for effort in efforts if isinstance(effort, str)),
        default_effort=default if isinstance(default, str) else None,
        service_tiers=tuple(tier for tier in tiers if isinstance(tier, str)),
        supports_verbosity=entry.get("support_verbosity") is not False,
        supports_summary=entry.get("supports_reasoning_summary_parameter") is not False,
        lite=entry.get("use_responses_lite") is True,
        input_modalities=tuple(modalities) if isinstance(modalities, list) else ("text",),
        context_window=_integer(entry, "context_window"),
        max_context_window=_integer(entry, "max_context_window"),
        max_output_tokens=_integer(entry, "max_output_tokens"),
        visible=entry.get("visibility") != "hide" and entry["slug"] not in _SELECTORS,
        priority=_integer(entry, "priority") or 0,
        raw=entry,
    )


def _object(body: bytes) -> JsonObject:
    try:
        value: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _text(entry: JsonObject, name: str) -> str:
    value = entry.get(name)
    return value if isinstance(value, str) else ""


def _integer(entry: JsonObject, name: str) -> int | None:
    value = entry.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
