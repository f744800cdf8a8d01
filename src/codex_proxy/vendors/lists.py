"""A vendor's own list of models, read.

Rules of this file: pure and total: the answer is a page or ``ListUnreadable``.  What a model can do is taken from the
list where it says so, else guessed from the words in its id: a guess that is wrong is the owner's to put right.
Source: API references of OpenAI (list models), Anthropic (list models), Gemini (``models.list``) and OpenRouter;
recorded lists of the Codex backend.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.vendors.profile import Capability, ListShape, SuggestedModel

PAGE_MODELS: Final = 1000
MOST_MODELS: Final = 10_000
_MOST_ID_CHARACTERS: Final = 256
_GEMINI_FOLDER: Final = "models/"

_GUESSES: Final[tuple[tuple[re.Pattern[str], Capability], ...]] = tuple(
    (re.compile(words, re.IGNORECASE), capability)
    for words, capability in (
        (r"embed", Capability.EMBEDDINGS),
        (r"moderation", Capability.MODERATION),
        (r"whisper|transcri", Capability.TRANSCRIPTION),
        (r"(?:^|[-_/.])tts(?:$|[-_/.\d])|text-to-speech", Capability.SPEECH),
        (r"gpt-image|chatgpt-image|dall-e|(?:^|[-_/])imagen(?:$|[-_])", Capability.IMAGES),
    )
)
_GEMINI_METHODS: Final[Mapping[str, Capability]] = {
    "generateContent": Capability.CHAT,
    "embedContent": Capability.EMBEDDINGS,
    "predict": Capability.IMAGES,
}
_UNRESERVED: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_PAGE_NAMES: Final[Mapping[ListShape, str]] = {ListShape.ANTHROPIC: "after_id", ListShape.GEMINI: "pageToken"}


class ListUnreadable(Exception):
    """The answer is no list of models in the form that was expected."""


class ModelPage(msgspec.Struct, frozen=True, kw_only=True):
    """Models of one page; ``next_page`` is the query that asks for the next one, None at the end."""

    models: tuple[SuggestedModel, ...]
    next_page: str | None = None


_Members: TypeAlias = Mapping[str, Any]


def first_page(shape: ListShape) -> str:
    """The query that asks for the first page; empty where there is but one."""
    match shape:
        case ListShape.ANTHROPIC:
            return f"limit={PAGE_MODELS}"
        case ListShape.GEMINI:
            return f"pageSize={PAGE_MODELS}"
        case ListShape.OPENAI | ListShape.CODEX:
            return ""


def parse_model_list(body: bytes, shape: ListShape) -> ModelPage:
    """The models that a vendor told.

    Raises:
        ListUnreadable: they cannot be found in it.
    """
    try:
        told = msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise ListUnreadable("it is no JSON") from error
    models = {model.id: model for model in map(_model_in(shape), _rows(told)[:MOST_MODELS]) if model is not None}
    return ModelPage(models=tuple(models.values()), next_page=_next_page(told, shape))


def guessed_capabilities(model_id: str) -> tuple[Capability, ...]:
    """What a model can probably be asked for, by its id."""
    found = next((capability for words, capability in _GUESSES if words.search(model_id)), Capability.CHAT)
    return (found,)


def _rows(told: object) -> list[Any]:
    """The list in an answer: itself, or below ``data`` or ``models``."""
    found = told
    if isinstance(told, dict):
        found = next((told[name] for name in ("data", "models") if isinstance(told.get(name), list)), None)
    if not isinstance(found, list):
        raise ListUnreadable("it holds no list of models")
    return found


def _model_in(shape: ListShape) -> Any:
    match shape:
        case ListShape.GEMINI:
            return _gemini_model
        case ListShape.CODEX:
            return lambda row: _plain_model(row, "slug")
        case ListShape.OPENAI | ListShape.ANTHROPIC:
            return lambda row: _plain_model(row, "id")


def _plain_model(row: object, id_member: str) -> SuggestedModel | None:
    if isinstance(row, str):
        row = {id_member: row}
    if not isinstance(row, dict):
        return None
    model_id = _id_of(row, id_member, "name")
    if model_id is None:
        return None
    shown = _text(row, "display_name") or _text(row, "name")
    return SuggestedModel(
        id=model_id,
        display_name="" if shown == model_id else shown,
        capabilities=guessed_capabilities(model_id),
    )


def _gemini_model(row: object) -> SuggestedModel | None:
    if not isinstance(row, dict):
        return None
    model_id = _id_of(row, "name", "id")
    if model_id is None:
        return None
    methods = row.get("supportedGenerationMethods")
    told = [method for method in methods if isinstance(method, str)] if isinstance(methods, list) else []
    capabilities = tuple(_GEMINI_METHODS[method] for method in dict.fromkeys(told) if method in _GEMINI_METHODS)
    model_id = model_id.removeprefix(_GEMINI_FOLDER)
    if told and not capabilities:
        return None  # answers in another way than any of ours, such as ``aqa``
    return SuggestedModel(
        id=model_id,
        display_name=_text(row, "displayName"),
        capabilities=capabilities or guessed_capabilities(model_id),
    )


def _next_page(told: object, shape: ListShape) -> str | None:
    if not isinstance(told, dict):
        return None
    token = ""
    if shape is ListShape.GEMINI:
        token = _text(told, "nextPageToken")
    elif shape is ListShape.ANTHROPIC and told.get("has_more") is True:
        token = _text(told, "last_id")
    return f"{first_page(shape)}&{_PAGE_NAMES[shape]}={_quoted(token)}" if token else None


def _quoted(text: str) -> str:
    """Text as the value of a query's member (RFC 3986, 2.1)."""
    return "".join(
        character if character in _UNRESERVED else "".join(f"%{byte:02X}" for byte in character.encode())
        for character in text
    )


def _id_of(row: JsonObject, *names: str) -> str | None:
    found = next((text for name in names if (text := _text(row, name))), "")
    return found if found and len(found) <= _MOST_ID_CHARACTERS and found.isprintable() else None


def _text(members: _Members, name: str) -> str:
    value = members.get(name)
    return value.strip() if isinstance(value, str) else ""
