"""A field of a form, found and changed in place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.protocols.parts.bodies.forms import boundary_of, field_in, with_field
from codex_proxy.server.images.forms import read_form

BOUNDARY = b"xYz"


def form(*parts: tuple[str, bytes], preamble: bytes = b"") -> bytes:
    told = [
        b'--%s\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
        % (BOUNDARY, name.encode(), b'; filename="a.wav"' if name == "file" else b"", content)
        for name, content in parts
    ]
    return preamble + b"".join(told) + b"--%s--\r\n" % BOUNDARY


def value(body: bytes, name: str) -> bytes | None:
    place = field_in(body, BOUNDARY, name)
    return None if place is None else body[place[0] : place[1]]


@pytest.mark.parametrize("preamble", [b"", b"\r\n", b"hello\r\n"])
def test_a_field_is_found_behind_files_and_before_them(preamble: bytes) -> None:
    parts = (("file", b"RIFF\r\n\r\nname=model"), ("model", b"whisper-1"), ("language", b"en"))
    body = form(*parts, preamble=preamble)
    assert [value(body, name) for name, _ in parts] == [content for _, content in parts]
    assert value(body, "prompt") is None


def test_another_value_changes_nothing_else() -> None:
    body = form(("model", b"mine"), ("file", b"mine"))
    place = field_in(body, BOUNDARY, "model")
    assert place is not None
    assert with_field(body, place, "whisper-1") == form(("model", b"whisper-1"), ("file", b"mine"))


def test_an_empty_field_is_one() -> None:
    assert value(form(("model", b"")), "model") == b""


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [
        ("multipart/form-data; boundary=xYz", b"xYz"),
        ('multipart/form-data; charset=utf-8; boundary="x y"', b"x y"),
        ("Multipart/Form-Data;boundary=xYz", b"xYz"),
        ("multipart/form-data", None),
        ("application/json; boundary=xYz", None),
    ],
)
def test_the_media_type_tells_the_boundary(content_type: str, boundary: bytes | None) -> None:
    assert boundary_of(content_type) == boundary


@given(st.binary(max_size=200))
def test_whatever_comes_a_field_is_found_or_not(body: bytes) -> None:
    value(body, "model")
    value(b"--xYz\r\n" + body, "model")


@given(st.lists(st.tuples(st.sampled_from(["model", "file", "prompt"]), st.binary(max_size=30)), max_size=5))
def test_it_reads_what_the_parser_reads(parts: list[tuple[str, bytes]]) -> None:
    told = [(name, content.replace(BOUNDARY, b"")) for name, content in parts]
    body = form(*told)
    if not told:
        return
    parsed = {part.name: part.content for part in reversed(read_form(body, BOUNDARY))}
    assert {name: value(body, name) for name, _ in told} == parsed
