"""One request as it came in."""

from typing import Any

import pytest
import zstandard

from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.simulator.incoming import FORM, Incoming, as_object, read_incoming


async def incoming(*pieces: bytes, client: Any = ("127.0.0.2", 5), **headers: str) -> Incoming:
    pending = list(pieces) or [b""]

    async def receive() -> Any:
        body = pending.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(pending)}

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "http", "method": "POST", "path": "/x", "query_string": b"a=1", "client": client, "headers": raw,
    }  # fmt: skip
    return await read_incoming(scope, receive)


async def test_where_it_comes_from_and_goes_to() -> None:
    told = await incoming(b"", Host="localhost:9")
    assert (told.address, told.origin, told.query) == ("127.0.0.2", "http://localhost:9", "a=1")
    assert (await incoming(b"", client=None)).address == ""


async def test_names_keep_their_spelling_in_the_pairs_only() -> None:
    told = await incoming(b"", Accept="x")
    assert (told.pairs, dict(told.headers)) == ((("Accept", "x"),), {"accept": "x"})


@pytest.mark.parametrize(
    ("body", "headers", "decoded"),
    [
        (b"", {}, None),
        (b'{"a": 1}', {}, {"a": 1}),
        (b"a=1&b=x+y%20z&c=", {"content_type": FORM}, {"a": "1", "b": "x y z", "c": ""}),
        (b"a=1", {"content_type": f"{FORM}; charset=utf-8"}, {"a": "1"}),
        (b"not json", {}, "not json"),
        (zstandard.compress(b"[1]"), {"content_encoding": "zstd"}, [1]),
    ],
)
async def test_a_body_is_read_by_its_type(body: bytes, headers: dict[str, str], decoded: Any) -> None:
    assert (await incoming(body[:2], body[2:], **headers)).decoded() == decoded


async def test_broken_packing_and_what_is_no_object_are_errors() -> None:
    with pytest.raises(InvalidRequest, match="zstd"):
        (await incoming(b"x", content_encoding="zstd")).decoded()
    assert as_object({"a": 1}) == {"a": 1}
    for wrong in ([1], "text", None):
        with pytest.raises(InvalidRequest):
            as_object(wrong)
