"""Every base-URL habit of real clients ends at the same route."""

import pytest

from codex_proxy.server.paths import canonical_path, model_in_path


@pytest.mark.parametrize(
    "path",
    [
        "/v1/chat/completions",
        "/chat/completions",
        "/v1/v1/chat/completions",
        "//v1//chat/completions/",
        "/openai/v1/chat/completions",
    ],
)
def test_chat_variants(path: str) -> None:
    assert canonical_path(path) == "/v1/chat/completions"


@pytest.mark.parametrize("path", ["/responses", "/v1/responses", "/backend-api/codex/responses", "/v1/responses/"])
def test_responses_variants(path: str) -> None:
    assert canonical_path(path) == "/v1/responses"


@pytest.mark.parametrize("endpoint", ["alpha/search", "memories/trace_summarize", "responses/compact", "completions"])
@pytest.mark.parametrize("prefix", ["", "/v1", "/backend-api/codex", "/v1/v1"])
def test_variants_of_what_codex_clients_ask_beside(prefix: str, endpoint: str) -> None:
    assert canonical_path(f"{prefix}/{endpoint}") == f"/v1/{endpoint}"


@pytest.mark.parametrize("path", ["/messages", "/v1/messages", "/anthropic/v1/messages", "/anthropic/messages"])
def test_messages_variants(path: str) -> None:
    assert canonical_path(path) == "/v1/messages"
    assert canonical_path(f"{path}/count_tokens") == "/v1/messages/count_tokens"


def test_unknown_paths_stay_as_they_are() -> None:
    assert canonical_path("/auth/accounts") == "/auth/accounts"
    assert canonical_path("/") == "/"
    assert canonical_path("/backend-api/wham/usage") == "/backend-api/wham/usage"


def test_model_ids_may_hold_slashes_and_escapes() -> None:
    assert model_in_path(canonical_path("/v1/models/openai/gpt-oss-120b")) == "openai/gpt-oss-120b"
    assert model_in_path(canonical_path("/models/openai%2Fgpt-4o")) == "openai/gpt-4o"
    assert model_in_path("/v1/models") is None


@pytest.mark.parametrize(
    ("path", "canonical"),
    [
        ("/v1beta/models/m:generateContent", "/v1beta/models/m:generateContent"),
        ("/v1alpha/models/m:generateContent", "/v1beta/models/m:generateContent"),
        ("/v1/models/m:generateContent", "/v1/models/m:generateContent"),
        ("/models/m:generateContent", "/v1/models/m:generateContent"),
        ("/gemini/v1beta/models", "/v1beta/models"),
        ("/gemini/v1/models/m:countTokens", "/v1/models/m:countTokens"),
        ("/v1/tunedModels/m:generateContent", "/v1beta/models/m:generateContent"),
        ("/tunedModels/m:generateContent", "/v1beta/models/m:generateContent"),
        ("/v1beta1/projects/p/locations/l/publishers/google/models/m:countTokens", "/v1beta/models/m:countTokens"),
        ("/v1/publishers/google/models/m:generateContent", "/v1beta/models/m:generateContent"),
        ("/v1/projects/p", "/v1/projects/p"),
    ],
)
def test_gemini_variants(path: str, canonical: str) -> None:
    assert canonical_path(path) == canonical
