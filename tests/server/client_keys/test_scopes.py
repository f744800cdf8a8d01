"""Which scope a route wants."""

import pytest

from codex_proxy.access.scopes import Scope
from codex_proxy.server.client_keys.scopes import OWN_TERMS, scope_of


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", OWN_TERMS, None),
        ("GET", "/v1/models", Scope.MODELS),
        ("HEAD", "/v1/models/gpt-5.4/info", Scope.MODELS),
        ("GET", "/v1beta/models", Scope.MODELS),
        ("POST", "/v1beta/models/gpt-5.4:generateContent", Scope.CHAT),
        ("POST", "/v1/models/gpt-5.4:generateContent", Scope.CHAT),
        ("GET", "/wham/usage", Scope.USAGE),
        ("POST", "/v1/chat/completions", Scope.CHAT),
        ("GET", "/v1/responses/resp_1", Scope.CHAT),
        ("POST", "/v1/messages/count_tokens", Scope.CHAT),
        ("POST", "/v1/embeddings", Scope.EMBEDDINGS),
        ("POST", "/v1beta/models/m:batchEmbedContents", Scope.EMBEDDINGS),
        ("POST", "/v1/audio/speech", Scope.AUDIO),
        ("POST", "/v1/images/edits", Scope.IMAGES),
    ],
)
def test_a_route_wants_the_scope_of_what_it_does(method: str, path: str, scope: Scope | None) -> None:
    assert scope_of(method, path) is scope
