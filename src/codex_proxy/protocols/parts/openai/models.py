"""Model lists in OpenAI's shape, with the extra members that clients of gateways read.

Rules of this file: pure; unknown figures are left out.  Source: OpenAI API reference, models; members that opencode,
Cline, Continue and LiteLLM look for.
"""

from collections.abc import Sequence
from typing import Final

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.target import ModelFacts

_CREATED_AT: Final = 1_767_225_600  # 2026-01-01, since the catalogue knows no dates
_OWNER: Final = "openai"


def model_list(models: Sequence[ModelFacts]) -> JsonObject:
    """The visible models."""
    return {"object": "list", "data": [model_object(model) for model in models if model.visible]}


def model_object(model: ModelFacts) -> JsonObject:
    """One model; an alias is owned by the model it stands for, a vendor's model by the vendor."""
    extras = {
        "display_name": model.display_name or None,
        "description": model.description or None,
        "context_window": model.context_window,
        "context_length": model.context_window,
        "max_context_window": model.max_context_window,
        "max_output_tokens": model.max_output_tokens,
        "max_tokens": model.max_output_tokens,
        "supported_reasoning_efforts": list(model.efforts) or None,
        "default_reasoning_effort": model.default_effort,
        "input_modalities": list(model.input_modalities),
        "output_modalities": list(model.output_modalities),
        "supports_tools": model.chats and "text" in model.output_modalities,
        "capabilities": None if model.vendor is None else list(model.capabilities),
    }
    known = {name: value for name, value in extras.items() if value is not None}
    owner = model.alias_of or model.vendor or _OWNER
    return {"id": model.slug, "object": "model", "created": _CREATED_AT, "owned_by": owner, **known}
