"""How a raw request is put to one vendor key: as it came, or, of embeddings, in the words that this vendor has.

Rules of this file: pure.  A vendor of the client's dialect gets the client's bytes; only one that has no such endpoint
is asked in its own words, and its answer is read whole and told in the client's.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from codex_proxy.canonical.embeddings.vectors import EmbeddingRequest
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.gateway.raw.question import RawQuestion, no_endpoint
from codex_proxy.protocols.base import EmbeddingClient, EmbeddingServer, InvalidRequest, Unsupported
from codex_proxy.vendors.profile import RawEndpoint, VendorProfile, Wire

JSON: Final = "application/json"
_PROFILE_MODEL: Final = "{model}"


class Translation(msgspec.Struct, frozen=True, kw_only=True):
    """Whose words an answer comes in and whose it leaves in; ``model`` is the name that the client asked for."""

    request: EmbeddingRequest
    client: EmbeddingClient
    server: EmbeddingServer
    model: str

    def told(self, answer: bytes) -> tuple[bytes, int | None] | Failure:
        """The answer in the client's words, and how many tokens went in."""
        embeddings = self.client.parse_response(answer)
        if embeddings is None or len(embeddings.vectors) != len(self.request.inputs):
            count = "no" if embeddings is None else str(len(embeddings.vectors))
            told = f"the answer holds {count} vectors for {len(self.request.inputs)} inputs"
            return Failure(kind=FailureKind.GARBLED, message=told)
        return self.server.encode_response(self.request, embeddings, model=self.model), embeddings.input_tokens


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """What one vendor is asked; ``translation`` is None where its answer passes as it comes."""

    path: str
    body: bytes
    content_type: str
    translation: Translation | None = None


def way_to(
    profile: VendorProfile,
    wire: Wire,
    question: RawQuestion,
    *,
    model: str,
    clients: Mapping[RawEndpoint, EmbeddingClient],
) -> Way | Failure:
    """The way to a vendor that is asked for ``model``, or why there is none; of ``clients`` the first that fits."""
    paths = profile.paths_of(wire)
    try:
        if question.passable and question.endpoint in paths:
            path = _filled(paths[question.endpoint], model)
            return Way(path=path, body=question.asking(model), content_type=question.content_type)
        fitting = next((endpoint for endpoint in clients if endpoint in paths), None)
        if question.server is None or fitting is None:
            return no_endpoint(question, profile.display_name)
        client = clients[fitting]
        request = question.server.parse_request(question.body)
        body = client.build_body(request, model=model)
    except (InvalidRequest, Unsupported) as error:
        return error.failure()
    translation = Translation(request=request, client=client, server=question.server, model=question.model)
    return Way(path=_filled(paths[fitting], model), body=body, content_type=JSON, translation=translation)


def _filled(path: str, model: str) -> str:
    return path.replace(_PROFILE_MODEL, model)
