"""The model catalogue in the server role: what ``GET /codex/models`` says.

Rules of this file: an entry that the backend gave is passed on as it is; one that it did not give has every member
that Codex CLI wants, since one that lacks them costs the client the whole list.  The tag changes with the list.
Source: catalogue bundled with Codex CLI 0.169.
"""

import hashlib
from collections.abc import Sequence

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.target import ModelFacts
from codex_proxy.protocols.base import WireReply
from codex_proxy.protocols.parts.json_text import encode


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """A list, encoded, and its tag."""

    body: bytes
    etag: str


def encode_catalogue(models: Sequence[ModelFacts]) -> Catalogue:
    """The list of these models that answer in conversations, hidden ones included."""
    body = encode({"models": [model.raw or _described(model) for model in models if model.chats]})
    return Catalogue(body=body, etag=f'W/"{hashlib.sha256(body).hexdigest()[:32]}"')


def catalogue_reply(models: Sequence[ModelFacts], *, if_none_match: str | None = None) -> WireReply:
    """The list; 304 for a client whose ``if-none-match`` header says that it has this one already."""
    catalogue = encode_catalogue(models)
    tag = ("etag", catalogue.etag)
    if if_none_match is not None and _has(if_none_match, catalogue.etag):
        return WireReply(status=304, body=b"", headers=(tag,))
    return WireReply(status=200, body=catalogue.body, headers=(("content-type", "application/json"), tag))


def _has(told: str, etag: str) -> bool:
    """Whether one of the tags told is this one; weak comparison (RFC 9110 §13.1.2)."""
    tags = {tag.strip().removeprefix("W/") for tag in told.split(",")}
    return "*" in tags or etag.removeprefix("W/") in tags


def _described(model: ModelFacts) -> JsonObject:
    return {
        "slug": model.slug,
        "display_name": model.display_name or model.slug,
        "description": model.description,
        "default_reasoning_level": model.default_effort or "medium",
        "supported_reasoning_levels": [{"effort": effort, "description": effort} for effort in model.efforts],
        "shell_type": "unified_exec",
        "visibility": "list" if model.visible else "hide",
        "supported_in_api": True,
        "priority": model.priority,
        "additional_speed_tiers": [],
        "service_tiers": [],
        "availability_nux": None,
        "upgrade": None,
        "base_instructions": "",
        "model_messages": None,
        "include_skills_usage_instructions": False,
        "include_plugin_usage_instructions": False,
        "include_apps_usage_instructions": False,
        "default_reasoning_summary": "auto",
        "supports_reasoning_summary_parameter": model.supports_summary,
        "support_verbosity": model.supports_verbosity,
        "default_verbosity": "medium",
        "apply_patch_tool_type": "freeform",
        "web_search_tool_type": "text",
        "truncation_policy": {"mode": "tokens", "limit": 10_000},
        "supports_parallel_tool_calls": True,
        "supports_image_detail_original": False,
        "context_window": model.context_window,
        "max_context_window": model.max_context_window or model.context_window,
        "auto_compact_token_limit": None,
        "effective_context_window_percent": 95,
        "experimental_supported_tools": [],
        "input_modalities": list(model.input_modalities),
        "supports_search_tool": False,
        "use_responses_lite": model.lite,
    }
