"""Forms with files."""

import httpx
import pytest

from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.simulator.incoming import Incoming
from codex_proxy.simulator.vendors.forms import is_form, read_form

SOUND = bytes(range(256)) * 4


def incoming(body: bytes, content_type: str) -> Incoming:
    return Incoming(
        method="POST",
        path="/",
        query="",
        pairs=(),
        headers={"content-type": content_type},
        raw=body,
        scheme="http",
        http_version="1.1",
        address="",
    )


def test_parts_come_whole_and_in_order() -> None:
    request = httpx.Request("POST", "http://x", data={"model": "m-1"}, files={"file": ("a.wav", SOUND)})
    asked = incoming(request.read(), request.headers["content-type"])
    assert is_form(asked)
    assert [(part.name, part.content) for part in read_form(asked)] == [("model", b"m-1"), ("file", SOUND)]
    cut = incoming(asked.raw[:-8], request.headers["content-type"])
    with pytest.raises(InvalidRequest, match="breaks off"):
        read_form(cut)


def test_what_is_no_form() -> None:
    assert not is_form(incoming(b"{}", "application/json"))
    assert not is_form(incoming(b"", ""))
    for content_type in ("multipart/form-data", "multipart/form-data; boundary=x"):
        with pytest.raises(InvalidRequest):
            read_form(incoming(b"nonsense", content_type))
