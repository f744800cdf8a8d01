"""A request of which only the model's name is read."""

import pytest

from codex_proxy.gateway.raw.question import RawQuestion, model_named, no_endpoint
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.vendors.profile import RawEndpoint
from tests.protocols.parts.bodies.test_forms import form

FORM = "multipart/form-data; boundary=xYz"


def question(body: bytes, content_type: str = "application/json") -> RawQuestion:
    return RawQuestion(
        endpoint=RawEndpoint.TRANSCRIPTION,
        model="mine",
        body=body,
        content_type=content_type,
        request_id="req",
        client_key_id="key",
        dialect="openai_transcription",
    )


def test_the_model_is_read_and_written_in_an_object_and_in_a_form() -> None:
    body = b'{"input": "hi",  "model": "mine"}'
    assert model_named(body, "application/json") == "mine"
    assert question(body).asking("theirs") == b'{"input": "hi",  "model": "theirs"}'
    body = form(("file", b"RIFF"), ("model", b"mine"))
    assert model_named(body, FORM) == "mine"
    assert question(body, FORM).asking("theirs") == form(("file", b"RIFF"), ("model", b"theirs"))


def test_a_body_need_not_name_one() -> None:
    assert model_named(b'{"input":"hi"}', "application/json") == ""
    assert model_named(form(("file", b"x")), FORM) == ""
    assert question(form(("file", b"x")), FORM).asking("theirs") == form(("file", b"x"))


@pytest.mark.parametrize("body", [b"", b"[1]", b"{", b'{"model": 7}'])
def test_what_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequest):
        model_named(body, "application/json")


def test_a_name_is_no_novel() -> None:
    with pytest.raises(InvalidRequest, match="longer than 512 bytes"):
        model_named(form(("model", b"x" * 513)), FORM)


def test_a_vendor_without_the_endpoint_is_named() -> None:
    assert no_endpoint(question(b"{}"), "Acme").message == "Acme offers no transcription"
