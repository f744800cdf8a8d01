"""What the bridge says of models: ``/api/tags``, ``/api/show``, ``/api/ps`` and ``/api/pull``.

Rules of this file: facts come from the catalogue, an unknown figure is left out; names carry the tag ``latest``, and
both spellings are understood.  Nothing is stored here, so a model is listed like one that runs elsewhere.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.target import ModelFacts
from codex_proxy.protocols.base import InvalidRequest, WireReply
from codex_proxy.protocols.ollama.errors import error_reply
from codex_proxy.protocols.ollama.schema import CONTENT_TYPE, line_of
from codex_proxy.protocols.parts import json_text
from codex_proxy.protocols.parts.fields import Fields
from codex_proxy.server.body import BodyRefused, read_body
from codex_proxy.server.incoming import Incoming

ListModels: TypeAlias = Callable[[], Sequence[ModelFacts]]
FindModel: TypeAlias = Callable[[str], ModelFacts | None]
Answer: TypeAlias = Callable[[ModelFacts, Fields], WireReply]

MAX_BODY_BYTES: Final = 65_536

_EMBEDS: Final = "embeddings"
_TAG: Final = ":latest"
_FAMILY: Final = "codex"
_MODIFIED_AT: Final = "2026-01-01T00:00:00Z"  # the catalogue knows no dates
_EXPIRES_AT: Final = "2099-12-31T23:59:59Z"  # nothing is ever unloaded
_SIZE_BYTES: Final = 384  # of a manifest, which is what a server keeps of a model that runs elsewhere


class ModelList:
    """``GET /api/tags`` and, with ``running``, ``GET /api/ps``."""

    def __init__(self, list_models: ListModels, *, running: bool = False) -> None:
        self._list_models = list_models
        self._row = running_model if running else tag_of

    async def __call__(self, incoming: Incoming) -> None:
        """Every visible model that answers in conversations or embeds."""
        rows = [self._row(model) for model in self._list_models() if model.visible and _is_listed(model)]
        await incoming.reply(_json({"models": rows}))


class NamedModel:
    """An endpoint about the model that the body names, as ``model`` or ``name``."""

    def __init__(self, find_model: FindModel, answer: Answer) -> None:
        self._find_model = find_model
        self._answer = answer

    async def __call__(self, incoming: Incoming) -> None:
        """Answer, or say that there is no such model."""
        try:
            body = await read_body(incoming.receive, incoming.headers, limit_bytes=MAX_BODY_BYTES)
            await incoming.reply(self._reply(Fields(json_text.decode_object(body))))
        except BodyRefused as refused:
            await incoming.reply(error_reply(refused.failure), unread=refused.unread)
        except InvalidRequest as error:
            await incoming.reply(error_reply(error.failure()))

    def _reply(self, fields: Fields) -> WireReply:
        name = fields.take_string("model") or fields.take_string("name")
        if not name:
            raise InvalidRequest("model", "is required")
        model = self._find_model(name)
        if model is None:
            failure = Failure(kind=FailureKind.MODEL_NOT_FOUND, message="it is not available here")
            return error_reply(failure, model=name)
        return self._answer(model, fields)


def tag_of(model: ModelFacts) -> JsonObject:
    """A model's row in the list."""
    return {
        "name": model.slug + _TAG,
        "model": model.slug + _TAG,
        "modified_at": _MODIFIED_AT,
        "size": _SIZE_BYTES,
        "digest": hashlib.sha256(model.slug.encode()).hexdigest(),
        "details": _details(),
    }


def running_model(model: ModelFacts) -> JsonObject:
    """A model's row among those that are loaded, which all of them are."""
    row = tag_of(model)
    del row["modified_at"]
    length: JsonObject = {} if model.context_window is None else {"context_length": model.context_window}
    return {**row, "expires_at": _EXPIRES_AT, "size_vram": 0, **length}


def shown_model(model: ModelFacts, *, vision: bool) -> JsonObject:
    """Everything about one model; ``vision`` False leaves pictures out of what it can do."""
    about: JsonObject = {"general.architecture": _FAMILY, "general.basename": model.slug}
    if model.context_window is not None:
        about[f"{_FAMILY}.context_length"] = model.context_window
    capable = {
        "completion": model.chats,
        "embedding": _EMBEDS in model.capabilities,
        "tools": model.chats,
        "vision": vision and model.chats and "image" in model.input_modalities,
        "thinking": bool(model.efforts),
    }
    return {
        "license": "",
        "modelfile": f"FROM {model.slug}\n",
        "parameters": "",
        "template": "{{ .Prompt }}",
        "details": _details(),
        "model_info": about,
        "capabilities": [name for name, can in capable.items() if can],
        "modified_at": _MODIFIED_AT,
    }


def show_answer(vision: Callable[[], bool]) -> Answer:
    """The answer to ``/api/show``."""
    return lambda model, _: _json(shown_model(model, vision=vision()))


def pull_answer(_: ModelFacts, fields: Fields) -> WireReply:
    """The answer to ``/api/pull`` of a model that is here already, as a line of a stream unless it is not wanted."""
    done: JsonObject = {"status": "success"}
    if fields.take_bool("stream") is False:
        return _json(done)
    return WireReply(status=200, body=line_of(done), headers=(("content-type", CONTENT_TYPE),))


def _details() -> JsonObject:
    return {
        "parent_model": "",
        "format": "gguf",
        "family": _FAMILY,
        "families": [_FAMILY],
        "parameter_size": "",
        "quantization_level": "",
    }


def _is_listed(model: ModelFacts) -> bool:
    return model.chats or _EMBEDS in model.capabilities


def _json(body: JsonObject) -> WireReply:
    return WireReply(status=200, body=json_text.encode(body))
