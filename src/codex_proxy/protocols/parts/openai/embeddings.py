"""``/v1/embeddings`` in both roles, for whoever stands at the other end speaks another dialect.

Rules of this file: pure.  Vectors go out as numbers or, where the client asks for ``base64``, as packed little-endian
float32; both are read.  Members that only OpenAI knows are left out with a note.  Source: OpenAI API reference,
embeddings; openai-python 3.54, which asks for ``base64`` by default.
"""

import base64
import binascii
import struct
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from codex_proxy.canonical.embeddings.vectors import EmbeddingInput, EmbeddingRequest, Embeddings
from codex_proxy.canonical.notes import Note, Verdict
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.parts.fields import Fields, json_type
from codex_proxy.protocols.parts.json_text import decode_object, encode

_FLOAT_BYTES: Final = 4
_LARGEST: Final = float.fromhex("0x1.fffffep127")
_FLOAT: Final = "float"
_PACKED: Final = "base64"
_READ: Final = frozenset({"model", "input", "dimensions", "encoding_format"})


UNREADABLE: Final = (msgspec.DecodeError, UnicodeError, RecursionError, ValueError)
"""What reading an answer with a decoder raises where it is none."""


class _Row(msgspec.Struct, frozen=True):
    embedding: list[float] | str
    index: int | None = None


class _Answer(msgspec.Struct, frozen=True):
    """Read with its types, since an answer may hold millions of numbers."""

    data: list[_Row]
    usage: Any = None


_answer: Final = msgspec.json.Decoder(_Answer).decode


class PackableRequest(EmbeddingRequest, frozen=True, kw_only=True):
    """A request that remembers whether its client reads packed vectors."""

    packed: bool = False


class OpenAiEmbeddingServer:
    """The server role; implements ``EmbeddingServer``."""

    def parse_request(self, body: bytes) -> PackableRequest:
        """The request; raises ``InvalidRequest``."""
        fields = Fields(decode_object(body))
        form = fields.take_string("encoding_format") or _FLOAT
        if form not in {_FLOAT, _PACKED}:
            raise InvalidRequest("encoding_format", f"expected {_FLOAT} or {_PACKED}", code="invalid_value")
        return PackableRequest(
            inputs=inputs_of(fields.take("input"), "input"),
            dimensions=dimensions_of(fields, "dimensions"),
            packed=form == _PACKED,
            notes=tuple(
                Note(path=name, verdict=Verdict.DROPPED) for name, told in fields.rest().items() if _is_told(name, told)
            ),
        )

    def encode_response(self, request: EmbeddingRequest, embeddings: Embeddings, *, model: str) -> bytes:
        """The answer; ``model`` is the name that the client asked for."""
        packed = isinstance(request, PackableRequest) and request.packed
        tokens = embeddings.input_tokens or 0
        rows = [
            {"object": "embedding", "index": index, "embedding": _pack(vector) if packed else vector}
            for index, vector in enumerate(embeddings.vectors)
        ]
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        return encode({"object": "list", "data": rows, "model": model, "usage": usage})


class OpenAiEmbeddingClient:
    """The client role; implements ``EmbeddingClient``."""

    def build_bodies(self, request: EmbeddingRequest, *, model: str) -> tuple[bytes, ...]:
        """The body of the one call."""
        only = request.inputs[0] if len(request.inputs) == 1 and isinstance(request.inputs[0], str) else None
        length: dict[str, int] = {} if request.dimensions is None else {"dimensions": request.dimensions}
        return (encode({"model": model, "input": only or request.inputs, **length}),)

    def parse_response(self, body: bytes) -> Embeddings | None:
        """The vectors in the order of the inputs; None where the body is no such answer."""
        try:
            told = _answer(body)
            rows = sorted(told.data, key=lambda row: row.index or 0)
            vectors = tuple(_vector(row.embedding) for row in rows)
        except UNREADABLE:
            return None
        return Embeddings(vectors=vectors, input_tokens=count_in(told.usage, "prompt_tokens"))


def inputs_of(told: Any, path: str) -> tuple[EmbeddingInput, ...]:
    """What an ``input`` holds: one or several texts, or one or several lists of token ids.

    Raises:
        InvalidRequest: there is none, or it is something else.
    """
    if told is None:
        raise InvalidRequest(path, "is required")
    if isinstance(told, str):
        return (told,)
    if not isinstance(told, list) or not told:
        raise InvalidRequest(path, "expected a text, or a list that is not empty", code="invalid_type")
    if all(type(part) is int for part in told):
        return (tuple(told),)
    return tuple(_input(part, f"{path}[{index}]") for index, part in enumerate(told))


def dimensions_of(fields: Fields, name: str) -> int | None:
    """How long the vectors shall be; raises ``InvalidRequest`` where that is no positive number."""
    wanted = fields.take_integer(name)
    if wanted is not None and wanted < 1:
        raise InvalidRequest(fields.at(name), "expected a positive number", code="invalid_value")
    return wanted


def count_in(told: Any, name: str) -> int | None:
    """A count of tokens that a vendor tells; None where it does not."""
    count = told.get(name) if isinstance(told, dict) else None
    return count if type(count) is int and count >= 0 else None


def numbers_of(told: Sequence[float]) -> tuple[float, ...]:
    """A vector in numbers that can be packed; raises ``ValueError`` where it is none."""
    if told and not -_LARGEST <= min(told) <= max(told) <= _LARGEST:
        raise ValueError("no numbers of 32 bits")
    return tuple(told)


def _input(part: Any, path: str) -> EmbeddingInput:
    if isinstance(part, str):
        return part
    if isinstance(part, list) and part and all(type(token) is int for token in part):
        return tuple(part)
    raise InvalidRequest(path, f"expected a text or a list of tokens, got {json_type(part)}", code="invalid_type")


def _is_told(name: str, told: Any) -> bool:
    return name not in _READ and told is not None


def _vector(told: list[float] | str) -> tuple[float, ...]:
    if not isinstance(told, str):
        return numbers_of(told)
    try:
        content = base64.b64decode(told, validate=True)
        return struct.unpack(f"<{len(content) // _FLOAT_BYTES}f", content)
    except (binascii.Error, struct.error):
        raise ValueError("no packed vector") from None


def _pack(vector: Sequence[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
