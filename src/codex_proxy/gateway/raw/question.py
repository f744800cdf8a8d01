"""A request that no dialect of ours reads, but for the name of its model."""

from collections.abc import Callable
from typing import Protocol, TypeAlias

import msgspec

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.notes import Note
from codex_proxy.protocols.base import EmbeddingServer, HeaderPairs, InvalidRequest
from codex_proxy.protocols.parts.bodies.forms import boundary_of, field_in, with_field
from codex_proxy.protocols.parts.bodies.passing import members_of, with_members
from codex_proxy.protocols.parts.json_text import decode_value
from codex_proxy.vendors.profile import RawEndpoint

Rename: TypeAlias = Callable[[bytes, str], bytes]
"""A body with another name of the model wherever it names one; raises ``InvalidRequest``."""

_LONGEST_NAME_BYTES = 512


class RawQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """One request.  ``model`` is as the client wrote it, ``body`` as it came; ``dialect`` is for the record.

    ``server`` are the client's words for embeddings, for a vendor that has others; where not ``passable`` no vendor has
    them.  ``rename`` is there where the model stands in the path and the body need not name it.
    """

    endpoint: RawEndpoint
    model: str
    body: bytes
    content_type: str
    request_id: str
    client_key_id: str
    dialect: str
    server: EmbeddingServer | None = None
    passable: bool = True
    rename: Rename | None = None

    def asking(self, model: str) -> bytes:
        """The body with another name of the model; raises ``InvalidRequest`` where it cannot be read."""
        if self.rename is not None:
            return self.body if model == self.model else self.rename(self.body, model)
        boundary = boundary_of(self.content_type)
        if boundary is None:
            return with_members(self.body, members_of(self.body), {"model": model})
        place = field_in(self.body, boundary, "model")
        return self.body if place is None else with_field(self.body, place, model)


class RawResponder(Protocol):
    """Takes the answer."""

    async def start(self, status: int, headers: HeaderPairs, notes: tuple[Note, ...] = ()) -> None:
        """Called once, before the first bytes; ``notes`` tell what of the request was not said on."""
        ...

    async def send(self, chunk: bytes) -> None:
        """The next bytes."""
        ...


def model_named(body: bytes, content_type: str) -> str:
    """The model that a body names; empty where it names none.

    Raises:
        InvalidRequest: it is neither an object nor a form, or its model is no name.
    """
    boundary = boundary_of(content_type)
    if boundary is not None:
        place = field_in(body, boundary, "model")
        return "" if place is None else _text(body[place[0] : place[1]])
    value = decode_value(body)
    if not isinstance(value, dict):
        raise InvalidRequest("", "the body must be a JSON object or a multipart form", code="invalid_json")
    model = value.get("model", "")
    if not isinstance(model, str):
        raise InvalidRequest("model", "expected a string")
    return model


def no_endpoint(question: RawQuestion, vendor: str) -> Failure:
    """The failure for a vendor that has no such endpoint."""
    told = f"{vendor} offers no {question.endpoint.value.replace('_', ' ')}"
    return Failure(kind=FailureKind.UNKNOWN_PATH, message=told, code="unsupported_endpoint", param="model")


def _text(value: bytes) -> str:
    if len(value) > _LONGEST_NAME_BYTES:
        raise InvalidRequest("model", f"longer than {_LONGEST_NAME_BYTES} bytes")
    return value.decode("utf-8", "replace").strip()
