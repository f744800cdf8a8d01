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


def test_unknown_paths_stay_as_they_are() -> None:
    assert canonical_path("/auth/accounts") == "/auth/accounts"
    assert canonical_path("/") == "/"
    assert canonical_path("/backend-api/wham/usage") == "/backend-api/wham/usage"


def test_model_ids_may_hold_slashes_and_escapes() -> None:
    assert model_in_path(canonical_path("/v1/models/openai/gpt-oss-120b")) == "openai/gpt-oss-120b"
    assert model_in_path(canonical_path("/models/openai%2Fgpt-4o")) == "openai/gpt-4o"
    assert model_in_path("/v1/models") is None
