"""Model lists in Anthropic's shape.

Rules of this file: pure.  Claude Code offers only ids that begin with ``claude`` or ``anthropic``, so those come first;
otherwise the catalogue's order holds.  Source: Anthropic API reference, models; anthropic 2.14 for Python.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.target import ModelFacts
from codex_proxy.protocols.base import InvalidRequest, WireReply
from codex_proxy.protocols.parts.json_text import encode

DEFAULT_LIMIT: Final = 20
MAX_LIMIT: Final = 1000
_CREATED_AT: Final = "2026-01-01T00:00:00Z"  # the catalogue knows no dates
_OWN_PREFIXES: Final = ("claude", "anthropic")
_EFFORTS: Final = ("low", "medium", "high", "xhigh", "max")
_PDF_MODALITIES: Final = frozenset({"pdf", "file", "image"})  # what reads pictures reads pages


class Paging(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of the list is wanted: ``limit`` models before or behind one of them."""

    limit: int = DEFAULT_LIMIT
    before_id: str | None = None
    after_id: str | None = None


def parse_paging(query: Mapping[str, str]) -> Paging:
    """The paging members of a query.

    Raises:
        InvalidRequest: ``limit`` is no number from 1 to 1000.
    """
    told = query.get("limit")
    if told is not None and not (told.isascii() and told.isdigit() and 1 <= int(told[:5]) <= MAX_LIMIT):
        raise InvalidRequest("limit", f"expected a number from 1 to {MAX_LIMIT}", code="invalid_value")
    limit = DEFAULT_LIMIT if told is None else int(told)
    return Paging(limit=limit, before_id=query.get("before_id"), after_id=query.get("after_id"))


def list_models(models: Sequence[ModelFacts], paging: Paging) -> WireReply:
    """One page of the visible models that answer in conversations."""
    visible = sorted((model for model in models if model.visible and model.chats), key=_not_own)
    start, end = _window([model.slug for model in visible], paging)
    page = [model_object(model) for model in visible[start:end]]
    more = start > 0 if paging.before_id is not None else end < len(visible)
    body: JsonObject = {
        "data": page,
        "has_more": more,
        "first_id": page[0]["id"] if page else None,
        "last_id": page[-1]["id"] if page else None,
    }
    return WireReply(status=200, body=encode(body))


def one_model(models: Sequence[ModelFacts], wanted: str) -> WireReply | None:
    """The model with this id; None where nobody has it, which is a failure of kind ``model_not_found``."""
    found = next((model for model in models if model.slug == wanted), None)
    return None if found is None else WireReply(status=200, body=encode(model_object(found)))


def model_object(model: ModelFacts) -> JsonObject:
    """One model in the wire's shape."""
    return {
        "type": "model",
        "id": model.slug,
        "display_name": model.display_name or model.slug,
        "created_at": _CREATED_AT,
        "max_input_tokens": model.context_window,
        "max_tokens": model.max_output_tokens,
        "lifecycle": "active",
        "deprecated_at": None,
        "retires_at": None,
        "line": None,
        "capabilities": _capabilities(model),
    }


def _capabilities(model: ModelFacts) -> JsonObject:
    modalities = frozenset(model.input_modalities)
    thinks = bool(model.efforts)
    efforts: JsonObject = {level: _able(level in model.efforts) for level in _EFFORTS}
    return {
        "batch": _able(False),
        "citations": _able(False),
        "code_execution": _able(False),
        "context_management": _able(False),
        "effort": {**_able(thinks), **efforts},
        "image_input": _able("image" in modalities),
        "pdf_input": _able(bool(modalities & _PDF_MODALITIES)),
        "server_tools": {**_able(True), "web_search": _able(True), "code_execution": _able(False)},
        "structured_outputs": _able(True),
        "thinking": {**_able(thinks), "types": {"adaptive": _able(thinks), "enabled": _able(thinks)}},
    }


def _able(supported: bool) -> JsonObject:  # noqa: FBT001 - a switch of the wire
    return {"supported": supported}


def _not_own(model: ModelFacts) -> bool:
    return not model.slug.startswith(_OWN_PREFIXES)


def _window(ids: Sequence[str], paging: Paging) -> tuple[int, int]:
    """Start and end of the page; an id that is not listed starts, or ends, nowhere in particular."""
    if paging.before_id is not None:
        end = ids.index(paging.before_id) if paging.before_id in ids else len(ids)
        return max(0, end - paging.limit), end
    start = ids.index(paging.after_id) + 1 if paging.after_id in ids else 0
    return start, min(len(ids), start + paging.limit)
