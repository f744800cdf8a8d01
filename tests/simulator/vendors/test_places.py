"""Which endpoint a path is, and in whose dialect."""

import pytest

from codex_proxy.simulator.sections.vendors import Wire
from codex_proxy.simulator.vendors.places import Kind, Place, place_of


@pytest.mark.parametrize("before", ["", "/v1", "/api/v1", "/openai/deployments/m", "/v1beta"])
@pytest.mark.parametrize(
    ("path", "wire", "kind"),
    [
        ("chat/completions", Wire.CHAT, Kind.WORDS),
        ("responses", Wire.RESPONSES, Kind.WORDS),
        ("messages", Wire.ANTHROPIC, Kind.WORDS),
        ("messages/count_tokens", Wire.ANTHROPIC, Kind.LOOKUP),
        ("images/edits", Wire.CHAT, Kind.PICTURES),
        ("embeddings", Wire.CHAT, Kind.LOOKUP),
        ("audio/speech", Wire.CHAT, Kind.LOOKUP),
    ],
)
def test_what_stands_before_an_endpoint_is_nothing_to_it(before: str, path: str, wire: Wire, kind: Kind) -> None:
    assert place_of("POST", f"{before}/{path}", "", {}) == Place(endpoint=path, wire=wire, kind=kind)


@pytest.mark.parametrize(
    ("path", "query", "streams", "sse"),
    [
        ("/v1beta/models/m-1:generateContent", "", False, False),
        ("/v1/models/m-1:streamGenerateContent", "alt=sse", True, True),
        ("/v1beta/models/m-1:streamGenerateContent", "", True, False),
        ("/v1/projects/p/locations/l/publishers/google/models/m-1:streamGenerateContent", "alt=json", True, False),
        ("/v1beta/tunedModels/m-1:generateContent", "", False, False),
    ],
)
def test_both_forms_of_gemini_are_one_endpoint(path: str, query: str, streams: bool, sse: bool) -> None:
    place = Place(endpoint="generateContent", wire=Wire.GEMINI, kind=Kind.WORDS, model="m-1", streams=streams, sse=sse)
    assert place_of("POST", path, query, {}) == place


@pytest.mark.parametrize(
    ("path", "headers", "wire", "model"),
    [
        ("/v1/models", {}, Wire.CHAT, ""),
        ("/v1/models/org/m-1", {}, Wire.CHAT, "org/m-1"),
        ("/v1/models/org%2Fm-1", {}, Wire.CHAT, "org/m-1"),
        ("/v1/models", {"anthropic-version": "2023-06-01"}, Wire.ANTHROPIC, ""),
        ("/v1/models", {"x-goog-api-key": "k"}, Wire.GEMINI, ""),
        ("/v1beta/models/m-1", {}, Wire.GEMINI, "m-1"),
    ],
)
def test_models_are_listed_in_the_shape_of_who_asks(path: str, headers: dict[str, str], wire: Wire, model: str) -> None:
    assert place_of("GET", path, "", headers) == Place(endpoint="models", wire=wire, model=model)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/chat/completions"),
        ("GET", "/"),
        ("POST", "/v1/models"),
        ("POST", "/v1/mychat/completion"),
        ("POST", "/v1beta/models/m-1:predict"),
    ],
)
def test_what_no_vendor_has(method: str, path: str) -> None:
    assert place_of(method, path, "", {}) is None
