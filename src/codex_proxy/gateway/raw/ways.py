"""How a raw request is put to one vendor key: as it came, or, of embeddings, in the words that this vendor has.

Rules of this file: pure.  A vendor of the client's dialect gets the client's bytes; only one that has no such endpoint
is asked in its own words, and its answer is read whole and told in the client's.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from codex_proxy.canonical.embeddings.vectors import EmbeddingRequest, joined
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

    def told(self, answers: Sequence[bytes]) -> tuple[bytes, int | None] | Failure:
        """The answers of all calls as one in the client's words, and how many tokens went in."""
        parts = [part for part in map(self.client.parse_response, answers) if part is not None]
        embeddings = joined(parts)
        if len(parts) != len(answers) or len(embeddings.vectors) != len(self.request.inputs):
            told = f"the answer holds {len(embeddings.vectors)} vectors for {len(self.request.inputs)} inputs"
            return Failure(kind=FailureKind.GARBLED, message=told)
        return self.server.encode_response(self.request, embeddings, model=self.model), embeddings.input_tokens


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """What one vendor is asked, one body after the other.

    ``translation`` is None where the answer, of one body then, passes as it comes.
    """

    endpoint: RawEndpoint
    path: str
    bodies: tuple[bytes, ...]
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
            return Way(
                endpoint=question.endpoint,
                path=path,
                bodies=(question.asking(model),),
                content_type=question.content_type,
            )
        fitting = next((endpoint for endpoint in clients if endpoint in paths), None)
        if question.server is None or fitting is None:
            return no_endpoint(question, profile.display_name)
        client = clients[fitting]
        request = question.server.parse_request(question.body)
        bodies = client.build_bodies(request, model=model)
    except (InvalidRequest, Unsupported) as error:
        return error.failure()
    translation = Translation(request=request, client=client, server=question.server, model=question.model)
    path = _filled(paths[fitting], model)
    return Way(endpoint=fitting, path=path, bodies=bodies, content_type=JSON, translation=translation)


def _filled(path: str, model: str) -> str:
    return path.replace(_PROFILE_MODEL, model)
