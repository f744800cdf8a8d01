"""What a vendor's path asks for, and in which dialect.

Rules of this file: pure.  Whatever stands before an endpoint's own words (``v1``, ``v1beta``, ``api/v1``,
``openai/deployments/x``) is nothing to it, as base URLs of vendors differ in nothing else.  Source: API references of
OpenAI, Anthropic and Google AI.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final
from urllib.parse import parse_qs, unquote

import msgspec

from codex_proxy.protocols.gemini.models import bare_model
from codex_proxy.simulator.sections.vendors import Wire

GENERATE: Final = "generateContent"
_STREAM: Final = "streamGenerateContent"
_NAMED: Final = re.compile(r".*/(?P<name>(?:models|tunedModels)/[^:]+):(?P<verb>[A-Za-z]+)")
_MODELS: Final = re.compile(r".*?/models(?:/(?P<model>.+))?")
_GOOGLES: Final = ("x-goog-api-key", "x-goog-api-client")
_ANTHROPICS: Final = "anthropic-version"


class Kind(StrEnum):
    """How an endpoint answers: in a model's words, or at once and in one body."""

    WORDS = "words"
    PICTURES = "pictures"
    LOOKUP = "lookup"


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """One endpoint as it was asked.

    ``endpoint`` is its path behind the version, of Gemini the verb, whose two forms are told apart by ``streams``;
    ``model`` is there where the path names one; ``sse`` is Gemini's ``alt=sse``.
    """

    endpoint: str
    wire: Wire
    kind: Kind = Kind.LOOKUP
    model: str = ""
    streams: bool = False
    sse: bool = False


_PLACES: Final = {
    "chat/completions": (Wire.CHAT, Kind.WORDS),
    "responses": (Wire.RESPONSES, Kind.WORDS),
    "messages": (Wire.ANTHROPIC, Kind.WORDS),
    "messages/count_tokens": (Wire.ANTHROPIC, Kind.LOOKUP),
    "images/generations": (Wire.CHAT, Kind.PICTURES),
    "images/edits": (Wire.CHAT, Kind.PICTURES),
    "embeddings": (Wire.CHAT, Kind.LOOKUP),
    "moderations": (Wire.CHAT, Kind.LOOKUP),
    "audio/transcriptions": (Wire.CHAT, Kind.LOOKUP),
    "audio/translations": (Wire.CHAT, Kind.LOOKUP),
    "audio/speech": (Wire.CHAT, Kind.LOOKUP),
}
_VERBS: Final = {
    GENERATE: Kind.WORDS,
    _STREAM: Kind.WORDS,
    "countTokens": Kind.LOOKUP,
    "embedContent": Kind.LOOKUP,
    "batchEmbedContents": Kind.LOOKUP,
}


def place_of(method: str, path: str, query: str, headers: Mapping[str, str]) -> Place | None:
    """What is asked; None where no vendor has such an endpoint.  ``path`` begins with a slash."""
    if method == "GET":
        found = _MODELS.fullmatch(path)
        if found is None:
            return None
        return Place(endpoint="models", wire=_lister(path, headers), model=bare_model(unquote(found["model"] or "")))
    named = _NAMED.fullmatch(path)
    if named is not None:
        return _of_verb(named["verb"], bare_model(unquote(named["name"])), query)
    for endpoint, (wire, kind) in _PLACES.items():
        if path.endswith(f"/{endpoint}"):
            return Place(endpoint=endpoint, wire=wire, kind=kind)
    return None


def _of_verb(verb: str, model: str, query: str) -> Place | None:
    if verb not in _VERBS:
        return None
    return Place(
        endpoint=GENERATE if verb == _STREAM else verb,
        wire=Wire.GEMINI,
        kind=_VERBS[verb],
        model=model,
        streams=verb == _STREAM,
        sse=parse_qs(query).get("alt") == ["sse"],
    )


def _lister(path: str, headers: Mapping[str, str]) -> Wire:
    """In whose shape models are listed: the path is the same with everybody."""
    if any(name in headers for name in _GOOGLES) or "/v1beta" in path:
        return Wire.GEMINI
    return Wire.ANTHROPIC if _ANTHROPICS in headers else Wire.CHAT
