"""The rows of what clients call: the data plane, the Ollama bridge, and the listener for the redirect of a login.

Rules of this file: data; see ``rules``.  The bridge wants no key and gives the scope ``inference`` to whoever may reach
it; below its ``/v1/`` lies the data plane, asked with a key of the bridge's own.
"""

from typing import Final

from codex_proxy.access.matrix.rules import (
    ANY_KEY,
    EMBED,
    INFER,
    INFER_READ,
    LIST,
    OPEN_ANYWHERE,
    OPEN_CHANGE,
    OPEN_READ,
    PICTURE,
    SOUND,
    USAGE,
    Rule,
    Rules,
)
from codex_proxy.access.scopes import Scope

_ANY: Final = ("DELETE", "GET", "POST")
_BUILDING: Final = ("/api/push", "/api/create", "/api/copy", "/api/delete", "/api/blobs/*")

DATA: Final[Rules] = {
    ("GET", "/"): OPEN_READ,
    ("GET", "/health"): OPEN_ANYWHERE,
    ("GET", "/health/ready"): OPEN_ANYWHERE,
    ("GET", "/api/hello"): OPEN_READ,
    ("POST", "/api/event_logging/batch"): OPEN_READ,  # clients' telemetry, thrown away
    ("GET", "/v1/images"): OPEN_READ,  # links to pictures hold 128 random bits
    ("POST", "/v1/images"): OPEN_READ,
    ("GET", "/v1/images/*"): OPEN_READ,
    ("POST", "/v1/images/*"): OPEN_READ,
    ("POST", "/v1/chat/completions"): INFER,
    ("POST", "/v1/completions"): INFER,
    ("GET", "/v1/responses"): INFER_READ,
    ("POST", "/v1/responses"): INFER,
    ("POST", "/v1/responses/input_tokens"): INFER,
    ("POST", "/v1/responses/compact"): INFER,
    **{(method, "/v1/responses/*"): INFER for method in _ANY},
    ("POST", "/v1/alpha/search"): INFER,
    ("POST", "/v1/memories/trace_summarize"): INFER,
    ("POST", "/v1/messages"): INFER,
    ("POST", "/v1/messages/count_tokens"): INFER,
    **{(method, "/v1/messages/*"): INFER for method in _ANY},
    **{(method, f"{path}*"): INFER for path in ("/v1/files", "/v1/skills", "/v1/complete") for method in _ANY},
    ("POST", "/v1/images/generations"): PICTURE,
    ("POST", "/v1/images/edits"): PICTURE,
    ("POST", "/v1/embeddings"): EMBED,
    ("POST", "/v1/audio/transcriptions"): SOUND,
    ("POST", "/v1/audio/translations"): SOUND,
    ("POST", "/v1/audio/speech"): SOUND,
    ("POST", "/v1/moderations"): INFER,
    ("GET", "/v1/models"): LIST,
    ("GET", "/v1/models/catalog"): LIST,
    ("GET", "/v1/models/*"): LIST,
    ("POST", "/v1/models/*"): INFER,
    ("GET", "/v1beta/models"): LIST,
    ("GET", "/v1beta/models/*"): LIST,
    ("POST", "/v1beta/models/*"): INFER,
    ("GET", "/v1/fidelity"): LIST,
    ("GET", "/v1/sub-key/info"): ANY_KEY,
    ("GET", "/wham/usage"): USAGE,
    ("GET", "/backend-api/wham/usage"): USAGE,
    ("GET", "/api/codex/usage"): USAGE,
    ("GET", "/codex/usage"): USAGE,
    ("GET", "/usage"): USAGE,
}

_EMBEDDING_VERBS: Final = (":embedContent", ":batchEmbedContents")
"""How the paths end by which Gemini's clients ask for embeddings."""


def scope_wanted(rule: Rule, path: str) -> Scope | None:
    """The part of ``inference`` that a request wants; None where any key will do."""
    return Scope.EMBEDDINGS if rule.scope is Scope.CHAT and path.endswith(_EMBEDDING_VERBS) else rule.scope


BRIDGE: Final[Rules] = {
    ("GET", "/"): OPEN_READ,
    ("GET", "/api/version"): OPEN_READ,
    ("GET", "/api/tags"): OPEN_READ,
    ("GET", "/api/ps"): OPEN_READ,
    ("POST", "/api/show"): OPEN_READ,
    ("POST", "/api/pull"): OPEN_READ,
    ("POST", "/api/chat"): OPEN_CHANGE,
    ("POST", "/api/generate"): OPEN_CHANGE,
    ("POST", "/api/embed"): OPEN_READ,
    ("POST", "/api/embeddings"): OPEN_READ,
    **{(method, path): OPEN_READ for path in _BUILDING for method in (*_ANY, "HEAD")},  # 501, whoever asks
}

CALLBACK: Final[Rules] = {
    ("GET", "/auth/callback"): OPEN_CHANGE,  # its state is the credential
    ("GET", "/cancel"): OPEN_CHANGE,  # frees the port for the official client, which asks for it in this way
}
