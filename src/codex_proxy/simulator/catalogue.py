"""The simulated backend's models, in the backend's own shape.

Source: member names and types as Codex CLI 0.169 reads them; every text is ours.
"""

from collections.abc import Sequence
from typing import Final

from codex_proxy.canonical.blocks import JsonObject

PLUS: Final = frozenset({"plus", "pro", "team", "business", "enterprise", "edu"})
_USUAL: Final = ("low", "medium", "high", "xhigh")


def _entry(slug: str, priority: int, *, efforts: tuple[str, ...] = _USUAL, lite: bool = False) -> JsonObject:
    return {
        "slug": slug,
        "display_name": slug,
        "description": f"Simulated {slug}",
        "default_reasoning_level": "medium",
        "supported_reasoning_levels": [{"effort": effort, "description": f"{effort} effort"} for effort in efforts],
        "shell_type": "unified_exec",
        "visibility": "list",
        "supported_in_api": True,
        "priority": priority,
        "additional_speed_tiers": ["fast"],
        "service_tiers": [{"id": "priority", "name": "Fast", "description": "Answers sooner"}],
        "availability_nux": None,
        "upgrade": None,
        "base_instructions": "You are a simulated coding agent.",
        "model_messages": None,
        "include_skills_usage_instructions": False,
        "include_plugin_usage_instructions": False,
        "include_apps_usage_instructions": False,
        "default_reasoning_summary": "none",
        "supports_reasoning_summary_parameter": True,
        "support_verbosity": True,
        "default_verbosity": "low",
        "apply_patch_tool_type": "freeform",
        "web_search_tool_type": "text_and_image",
        "truncation_policy": {"mode": "tokens", "limit": 10_000},
        "supports_parallel_tool_calls": True,
        "supports_image_detail_original": True,
        "context_window": 272_000,
        "max_context_window": 272_000,
        "auto_compact_token_limit": None,
        "effective_context_window_percent": 95,
        "experimental_supported_tools": [],
        "input_modalities": ["text", "image"],
        "supports_search_tool": False,
        "use_responses_lite": lite,
    }


MODELS: Final[tuple[JsonObject, ...]] = (
    _entry("gpt-5.5", 1),
    _entry("gpt-5.4", 2),
    _entry("gpt-5.4-mini", 3),
    _entry("gpt-5.3-codex", 4),
    _entry("gpt-5.2", 5),
    _entry("gpt-5-codex", 6, efforts=("low", "medium", "high")),
    _entry("gpt-5-codex-mini", 7, efforts=("medium", "high")),
    _entry("gpt-oss-120b", 8, efforts=("low", "medium", "high")),
    _entry("gpt-oss-20b", 9, efforts=("low", "medium", "high")),
    _entry("gpt-5.6-sol", 10, efforts=(*_USUAL, "max"), lite=True),
    _entry("gpt-6.1-sol", 11, efforts=(*_USUAL, "max"), lite=True),
)

PAID_ONLY: Final = frozenset({"gpt-5.5", "gpt-6.1-sol"})
"""Models that a free plan does not list."""


def models_named(slugs: Sequence[str]) -> list[JsonObject]:
    """These models; those that the catalogue does not know are made up."""
    known = {model["slug"]: model for model in MODELS}
    return [known.get(slug) or _entry(slug, len(MODELS) + place) for place, slug in enumerate(slugs, 1)]


def models_of(plan: str | None) -> list[JsonObject]:
    """The models that an account of this plan sees."""
    return [model for model in MODELS if plan in PLUS or plan is None or model["slug"] not in PAID_ONLY]
