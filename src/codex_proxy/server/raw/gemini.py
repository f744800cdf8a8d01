"""``POST …/models/{model}:embedContent`` and ``:batchEmbedContents``, which vendors answer.

Rules of this file: objects are made for each request, since the path names the model; errors are worded as Gemini's.
"""

from typing import Final

from codex_proxy.protocols.gemini.embedding import BATCH_EMBED, EMBED, GeminiEmbeddingServer, with_model
from codex_proxy.server.raw.endpoints import Spoken, VendorEndpoint, VendorEndpointParts
from codex_proxy.vendors.profile import RawEndpoint

VERBS: Final = {EMBED: RawEndpoint.EMBED_CONTENT, BATCH_EMBED: RawEndpoint.BATCH_EMBED_CONTENTS}


class GeminiEmbedding:
    """The endpoints by verb and model."""

    def __init__(self, parts: VendorEndpointParts) -> None:
        self._parts = parts

    def __call__(self, verb: str, model: str) -> VendorEndpoint | None:
        """The endpoint; None where the verb is none of these."""
        endpoint = VERBS.get(verb)
        if endpoint is None:
            return None
        spoken = Spoken(
            endpoint=endpoint,
            dialect=f"gemini_{endpoint.value}",
            model=model,
            server=GeminiEmbeddingServer(verb),
            rename=with_model,
        )
        return VendorEndpoint(spoken, self._parts)
