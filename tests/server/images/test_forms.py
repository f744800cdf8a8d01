"""Forms, cut into their parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.fold import fold
from codex_proxy.protocols.base import AnswerIds, InvalidRequest
from codex_proxy.protocols.openai_images.form import FormPart
from codex_proxy.protocols.openai_images.schema import Task
from codex_proxy.protocols.openai_images.server import ImagesServer
from codex_proxy.server.images.forms import MOST_PARTS, JsonOrForm, read_form

CODEC = JsonOrForm(ImagesServer(Task.EDIT))


def form(*parts: tuple[str, bytes], end: bytes = b"--\r\n") -> bytes:
    written = [
        b'--x\r\nContent-Disposition: form-data; name="%s"; filename="a b.png"\r\n\r\n%s\r\n' % (name.encode(), content)
        for name, content in parts
    ]
    return b"".join(written) + b"--x" + end


def refusal(body: bytes, boundary: bytes = b"x") -> str:
    with pytest.raises(InvalidRequest) as raised:
        read_form(body, boundary)
    assert raised.value.code == "invalid_form"
    return raised.value.reason


@given(st.lists(st.tuples(st.sampled_from(["prompt", "image[]", "größe"]), st.binary(max_size=200)), max_size=5))
def test_every_content_comes_back_whole_and_in_order(parts: list[tuple[str, bytes]]) -> None:
    if not parts:
        parts = [("prompt", b"\r\n--x\r")]
    read = read_form(form(*parts), b"x")
    assert read == tuple(FormPart(name=name, content=content) for name, content in parts)


def test_a_header_of_any_case_names_a_part_and_others_are_passed_over() -> None:
    body = b"--x\r\ncontent-type: image/png\r\nCONTENT-DISPOSITION: form-data; name=plain\r\n\r\nhi\r\n--x--\r\n"
    assert read_form(body, b"x") == (FormPart(name="plain", content=b"hi"),)


def test_what_is_no_form_is_refused_with_a_reason() -> None:
    assert "no boundary" in refusal(b"", b"")
    assert "breaks off" in refusal(form(("a", b"b"), end=b""))
    assert "breaks off" in refusal(b"")
    assert "no multipart form" in refusal(b'{"prompt": "a"}')
    assert "has no name" in refusal(b"--x\r\nContent-Disposition: form-data\r\n\r\nhi\r\n--x--\r\n")
    assert str(MOST_PARTS) in refusal(form(*[("a", b"b")] * (MOST_PARTS + 1)))
    assert len(read_form(form(*[("a", b"b")] * MOST_PARTS), b"x")) == MOST_PARTS


@given(st.binary(max_size=300))
def test_any_bytes_are_a_form_or_refused(body: bytes) -> None:
    for whole in (body, b"--x\r\n" + body, form(("a", body))):
        try:
            read = read_form(whole, b"x")
        except InvalidRequest:
            continue
        assert all(part.name for part in read)


@pytest.mark.parametrize(
    "kind", ["multipart/form-data; boundary=x", 'Multipart/Form-Data; charset=utf-8; boundary="x"']
)
def test_the_content_type_tells_a_form_from_json(kind: str) -> None:
    picture = b"\x89PNG\r\n\x1a\n"
    body = form(("image", picture), ("prompt", b"a hat"), ("n", b"2"))
    request = CODEC.parse_request(body, headers={"content-type": kind}).request
    assert request.sampling.choice_count == 2
    with pytest.raises(InvalidRequest):
        CODEC.parse_request(body, headers={"content-type": "application/json"})
    with pytest.raises(InvalidRequest):
        CODEC.parse_request(body, headers={"content-type": "multipart/form-data"})


def test_answers_are_the_codecs_own() -> None:
    request = ImagesServer(Task.GENERATE).parse_request(b'{"prompt": "a"}', headers={}).request
    ids = AnswerIds(token="t", created_at=1, request_id="r")
    assert CODEC.open_stream(request, ids).content_type.startswith("text/event-stream")
    assert CODEC.encode_response(request, fold([]), ids).status == 502
    assert CODEC.encode_failure(Failure(kind=FailureKind.BUSY, message="m"), request_id="r").status == 503
