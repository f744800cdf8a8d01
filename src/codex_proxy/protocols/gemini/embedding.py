"""``embedContent`` and ``batchEmbedContents`` in both roles.

Rules of this file: pure.  Only texts are embedded elsewhere, and all of one request with vectors of one length; the
task and the title, which only Gemini knows, are left out with a note.  Source: Google AI reference, embeddings;
google-genai 3.4, which asks for a single text in a batch too.
"""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from codex_proxy.canonical.embeddings.vectors import EmbeddingInput, EmbeddingRequest, Embeddings
from codex_proxy.canonical.notes import Note, Verdict
from codex_proxy.protocols.base import InvalidRequest, Unsupported
from codex_proxy.protocols.gemini.models import bare_model
from codex_proxy.protocols.gemini.request.fields import WireFields, each_fields
from codex_proxy.protocols.parts.bodies.passing import members_of, with_members
from codex_proxy.protocols.parts.json_text import decode_object, encode
from codex_proxy.protocols.parts.openai.embeddings import UNREADABLE, count_in, dimensions_of, numbers_of

EMBED: Final = "embedContent"
BATCH_EMBED: Final = "batchEmbedContents"
MOST_IN_A_BATCH: Final = 100  # the API refuses more

_MODEL: Final = "model"
_REQUESTS: Final = "requests"
_CONFIG: Final = "embedContentConfig"
_LENGTH: Final = "outputDimensionality"
_NAME_PREFIX: Final = "models/"
_requests: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode


class _Vector(msgspec.Struct, frozen=True):
    values: list[float]


class _Answer(msgspec.Struct, frozen=True):
    """Read with its types, since an answer may hold millions of numbers."""

    embeddings: list[_Vector] | None = None
    embedding: _Vector | None = None
    usage: Any = msgspec.field(default=None, name="usageMetadata")

    @property
    def rows(self) -> list[_Vector]:
        """The vectors of either verb's answer; raises ``ValueError`` where there are none."""
        if self.embeddings is None and self.embedding is None:
            raise ValueError("no vectors")
        return self.embeddings or [one for one in (self.embedding,) if one is not None]


_answer: Final = msgspec.json.Decoder(_Answer).decode


class GeminiEmbeddingServer:
    """The server role of one of the two verbs; implements ``EmbeddingServer``."""

    def __init__(self, verb: str) -> None:
        self._batch = verb == BATCH_EMBED

    def parse_request(self, body: bytes) -> EmbeddingRequest:
        """The request; raises ``InvalidRequest``."""
        fields = WireFields(decode_object(body))
        if not self._batch:
            return _read_one(fields)
        listed = fields.take_list(_REQUESTS)
        if not listed:
            raise InvalidRequest(_REQUESTS, "expected a list that is not empty")
        parts = [_read_one(one) for one in each_fields(listed, _REQUESTS)]
        lengths = {part.dimensions for part in parts}
        if len(lengths) > 1:
            raise InvalidRequest(_REQUESTS, f"expected the same {_LENGTH} in all of them", code="unsupported_value")
        notes = {note.path.partition("].")[2]: note for part in reversed(parts) for note in part.notes}
        return EmbeddingRequest(
            inputs=tuple(text for part in parts for text in part.inputs),
            dimensions=lengths.pop(),
            notes=tuple(notes.values()),
        )

    def encode_response(self, request: EmbeddingRequest, embeddings: Embeddings, *, model: str) -> bytes:
        """The answer, which names no model."""
        told = [{"values": vector} for vector in embeddings.vectors]
        counted: dict[str, dict[str, int]] = {}
        if embeddings.input_tokens is not None:
            counted["usageMetadata"] = {"promptTokenCount": embeddings.input_tokens}
        return encode({"embeddings": told, **counted} if self._batch else {"embedding": told[0], **counted})


class GeminiEmbeddingClient:
    """The client role, which always asks in batches; implements ``EmbeddingClient``."""

    def build_bodies(self, request: EmbeddingRequest, *, model: str) -> tuple[bytes, ...]:
        """The bodies of the calls, each with as many texts as one may hold.

        Raises:
            Unsupported: an input is no text.
        """
        length: dict[str, int] = {} if request.dimensions is None else {_LENGTH: request.dimensions}
        asked = [
            {_MODEL: _NAME_PREFIX + model, "content": {"parts": [{"text": _text_of(one)}]}, **length}
            for one in request.inputs
        ]
        return tuple(
            encode({_REQUESTS: asked[start : start + MOST_IN_A_BATCH]})
            for start in range(0, len(asked), MOST_IN_A_BATCH)
        )

    def parse_response(self, body: bytes) -> Embeddings | None:
        """The vectors, of either verb's answer; None where the body is none."""
        try:
            told = _answer(body)
            vectors = tuple(numbers_of(row.values) for row in told.rows)
        except UNREADABLE:
            return None
        return Embeddings(vectors=vectors, input_tokens=count_in(told.usage, "promptTokenCount"))


def with_model(body: bytes, model: str) -> bytes:
    """The body of either verb, naming this model wherever it names one.

    Raises:
        InvalidRequest: it is no such body.
    """
    decode_object(body)  # or says what is wrong with it
    try:
        members = members_of(body)
        changes: dict[str, Any] = {}
        if _MODEL in members:
            changes[_MODEL] = _NAME_PREFIX + model
        if _REQUESTS in members:
            changes[_REQUESTS] = [msgspec.Raw(_named(bytes(one), model)) for one in _requests(members[_REQUESTS])]
        return with_members(body, members, changes)
    except (msgspec.DecodeError, UnicodeError):
        raise InvalidRequest(_REQUESTS, "expected a list of objects", code="invalid_type") from None


def _named(request: bytes, model: str) -> bytes:
    members = members_of(request)
    return with_members(request, members, {_MODEL: _NAME_PREFIX + model}) if _MODEL in members else request


def _read_one(fields: WireFields) -> EmbeddingRequest:
    told_model = fields.take_string(_MODEL)
    if told_model is not None and not bare_model(told_model):
        raise InvalidRequest(fields.at(_MODEL), "names no model")
    length, notes = dimensions_of(fields, _LENGTH), []
    config = fields.take_fields(_CONFIG)
    if config is not None:
        length = length or dimensions_of(config, _LENGTH)
        notes += [Note(path=config.at(name), verdict=Verdict.DROPPED) for name in config.told()]
    text = "\n".join(_texts(fields))
    notes += [Note(path=fields.at(name), verdict=Verdict.DROPPED) for name in fields.told()]
    return EmbeddingRequest(inputs=(text,), dimensions=length, notes=tuple(notes))


def _texts(fields: WireFields) -> Iterator[str]:
    path = fields.at("content")
    content = fields.take_fields("content")
    parts = None if content is None else content.take_list("parts")
    if not parts:
        raise InvalidRequest(path, "expected an object with parts")
    for part in each_fields(parts, f"{path}.parts"):
        text = part.take_string("text")
        if text is None:
            raise InvalidRequest(part.path, "only texts can be embedded by this vendor", code="unsupported_value")
        yield text


def _text_of(one: EmbeddingInput) -> str:
    if isinstance(one, str):
        return one
    raise Unsupported("input", "this vendor embeds texts, not lists of tokens")
