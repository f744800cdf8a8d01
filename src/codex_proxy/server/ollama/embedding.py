"""``POST /api/embed`` and ``POST /api/embeddings``, answered by vendors that embed.

Rules of this file: accounts have no embeddings and no vendor has these paths, so every request is put in the vendor's
words; where nobody embeds at all, that is what a client is told, whatever it asks.
"""

from dataclasses import dataclass, replace
from typing import Final

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.gateway.raw.question import model_named
from codex_proxy.gateway.raw.relay import RawGateway
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.ollama.embedding import EmbedEndpoint, OllamaEmbeddingServer
from codex_proxy.protocols.ollama.errors import NOT_SUPPORTED, error_reply
from codex_proxy.server.api.inference import InferenceParts
from codex_proxy.server.body import BodyRefused, read_body
from codex_proxy.server.incoming import Incoming
from codex_proxy.server.raw.endpoints import Spoken, VendorEndpoint, VendorEndpointParts
from codex_proxy.server.security import Caller
from codex_proxy.vendors.profile import Capability, RawEndpoint

_JSON: Final = "application/json"
_NOBODY: Final = Failure(
    kind=FailureKind.INVALID_REQUEST,
    message="no vendor key here is for embeddings, which ChatGPT accounts do not have; add one that is",
    code=NOT_SUPPORTED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingParts:
    """What the endpoint works with; ``caller`` is who clients without a key are."""

    inference: InferenceParts
    raw: RawGateway
    caller: Caller


class OllamaEmbedding:
    """Serves one of the two endpoints."""

    def __init__(self, endpoint: EmbedEndpoint, parts: EmbeddingParts) -> None:
        self._endpoint = endpoint
        self._parts = parts

    async def __call__(self, incoming: Incoming) -> None:
        """Answer one request."""
        inference = self._parts.inference
        try:
            body = await read_body(incoming.receive, incoming.headers, limit_bytes=inference.max_body_bytes())
            if not self._parts.raw.serves(Capability.EMBEDDINGS):
                await incoming.reply(error_reply(_NOBODY))
                return
            model = model_named(body, _JSON)
            server = OllamaEmbeddingServer(self._endpoint, inference.clock.monotonic)
            asked = VendorEndpoint(self._spoken(server), self._vendor_parts(model))
            await asked.answer(replace(incoming, caller=self._parts.caller), body, model)
        except BodyRefused as refused:
            await incoming.reply(error_reply(refused.failure), unread=refused.unread)
        except InvalidRequest as error:
            await incoming.reply(error_reply(error.failure()))

    def _spoken(self, server: OllamaEmbeddingServer) -> Spoken:
        return Spoken(
            endpoint=RawEndpoint.EMBEDDINGS, dialect=f"ollama_{self._endpoint.value}", server=server, passable=False
        )

    def _vendor_parts(self, model: str) -> VendorEndpointParts:
        return VendorEndpointParts(
            gateway=self._parts.raw,
            running=self._parts.inference.running,
            encode_failure=lambda failure, _: error_reply(failure, model=model),
            max_body_bytes=self._parts.inference.max_body_bytes,
        )
