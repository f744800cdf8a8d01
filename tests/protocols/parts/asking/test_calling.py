"""Paths and headers of calls to vendors."""

import pytest

from codex_proxy.protocols.parts.asking.calling import call_headers, call_path, path_part


def test_a_key_travels_as_its_header_wants_it() -> None:
    bearer = call_headers(stream=True, key_header="Authorization", key="k", more=(("x-title", "t"),))
    assert bearer == (
        ("content-type", "application/json"),
        ("accept", "text/event-stream"),
        ("authorization", "Bearer k"),
        ("x-title", "t"),
    )
    assert ("api-key", "k") in call_headers(stream=False, key_header="api-key", key="k", more=())
    assert ("accept", "application/json") in call_headers(stream=False, key_header="api-key", key="k", more=())


def test_no_key_no_header() -> None:
    assert [name for name, _ in call_headers(stream=False, key_header="authorization", key="", more=())] == [
        "content-type",
        "accept",
    ]


@pytest.mark.parametrize(
    ("model", "part"),
    [("gpt-4.1", "gpt-4.1"), ("a/b", "a/b"), ("m?key=x", "m%3Fkey%3Dx"), ("a:b c", "a%3Ab%20c"), ("é", "%C3%A9")],
)
def test_a_model_in_a_path_stays_a_part_of_it(model: str, part: str) -> None:
    assert path_part(model) == part
    assert call_path("/deployments/{model}/chat?api-version=1", model) == f"/deployments/{part}/chat?api-version=1"
    assert call_path("/chat", model) == "/chat"
