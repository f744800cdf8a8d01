"""Model lists in Gemini's shape, from what is known of the models.

Rules of this file: pure; unknown figures are left out.  A page token is the place where the next page begins.
Source: Google AI reference, ``models.list`` and ``models.get``; a recorded list.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.target import ModelFacts
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.gemini.schema import Verb

DEFAULT_PAGE_SIZE: Final = 50
MAX_PAGE_SIZE: Final = 1000

_NAME_PREFIX: Final = "models/"
_VERBS: Final[Mapping[str, tuple[str, ...]]] = {
    "chat": (Verb.GENERATE.value, Verb.STREAM.value, Verb.COUNT.value),
    "embeddings": ("embedContent", "batchEmbedContents"),
}
"""What a model can be asked for, by what it is capable of."""
_SAMPLING: Final = {"temperature": 1, "maxTemperature": 2, "topP": 0.95, "topK": 64}


def model_list(
    models: Sequence[ModelFacts], *, page_size: str | None = None, page_token: str | None = None
) -> JsonObject:
    """The visible models that this dialect can ask, a page of them.

    ``page_size`` and ``page_token`` are the query's.

    Raises:
        InvalidRequest: a page size that is no positive number, or a token that we did not give.
    """
    size = DEFAULT_PAGE_SIZE if not page_size else min(_number(page_size, "pageSize"), MAX_PAGE_SIZE)
    size = size or DEFAULT_PAGE_SIZE
    start = _number(page_token, "pageToken") if page_token else 0
    visible = [model for model in models if model.visible and _verbs(model)]
    page: JsonObject = {"models": [model_object(model) for model in visible[start : start + size]]}
    if start + size < len(visible):
        page["nextPageToken"] = str(start + size)
    return page


def model_object(model: ModelFacts) -> JsonObject:
    """One model."""
    made = {
        "name": _NAME_PREFIX + model.slug,
        "baseModelId": model.slug,
        "version": "001",
        "displayName": model.display_name or model.slug,
        "description": model.description or None,
        "inputTokenLimit": model.context_window,
        "outputTokenLimit": model.max_output_tokens,
        "supportedGenerationMethods": _verbs(model),
        **(_SAMPLING if model.chats else {}),
        "thinking": bool(model.efforts),
    }
    return {name: value for name, value in made.items() if value is not None}


def bare_model(name: str) -> str:
    """The id in a name such as ``models/gpt-5.4`` or ``tunedModels/mine``."""
    for prefix in (_NAME_PREFIX, "tunedModels/"):
        name = name.removeprefix(prefix)
    return name


def _verbs(model: ModelFacts) -> list[str]:
    return [verb for capability in model.capabilities for verb in _VERBS.get(capability, ())]


def _number(told: str, name: str) -> int:
    if not (told.isascii() and told.isdigit() and len(told) <= 9):
        raise InvalidRequest(name, "expected a positive number", code="invalid_value")
    return int(told)
