"""``POST /api/embed`` and the older ``POST /api/embeddings``: the server role.

Rules of this file: pure; what only a server that runs models can do (``keep_alive``, ``options``, ``truncate``) is
left out without a word, as clients always send some of it.  Source: Ollama API reference; ollama-python 0.6.3.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Final

from codex_proxy.canonical.embeddings.vectors import EmbeddingRequest, Embeddings
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.parts.fields import Fields
from codex_proxy.protocols.parts.json_text import decode_object, encode
from codex_proxy.protocols.parts.openai.embeddings import dimensions_of, inputs_of

_NANOSECONDS: Final = 1_000_000_000


class EmbedEndpoint(StrEnum):
    """Which of the two."""

    EMBED = "embed"
    EMBEDDINGS = "embeddings"


class OllamaEmbeddingServer:
    """One request's codec, which began when this was made; ``monotonic`` gives seconds."""

    def __init__(self, endpoint: EmbedEndpoint, monotonic: Callable[[], float]) -> None:
        self._endpoint = endpoint
        self._monotonic = monotonic
        self._began = monotonic()

    def parse_request(self, body: bytes) -> EmbeddingRequest:
        """The request; raises ``InvalidRequest``."""
        fields = Fields(decode_object(body))
        if self._endpoint is EmbedEndpoint.EMBEDDINGS:
            return EmbeddingRequest(inputs=(fields.need_string("prompt"),))
        inputs = inputs_of(fields.take("input"), "input")
        if not all(isinstance(one, str) for one in inputs):
            raise InvalidRequest("input", "expected a text or a list of texts", code="invalid_type")
        return EmbeddingRequest(inputs=inputs, dimensions=dimensions_of(fields, "dimensions"))

    def encode_response(self, request: EmbeddingRequest, embeddings: Embeddings, *, model: str) -> bytes:
        """The answer; ``model`` is the name that the client asked for."""
        if self._endpoint is EmbedEndpoint.EMBEDDINGS:
            return encode({"embedding": embeddings.vectors[0]})
        return encode(
            {
                "model": model,
                "embeddings": embeddings.vectors,
                "total_duration": int((self._monotonic() - self._began) * _NANOSECONDS),
                "load_duration": 0,
                "prompt_eval_count": embeddings.input_tokens or 0,
            }
        )
