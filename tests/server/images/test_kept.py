"""The way to kept pictures."""

import pytest

from codex_proxy.canonical.failure import Failure
from codex_proxy.gateway.ports import KeptPicture
from codex_proxy.protocols.base import WireReply
from codex_proxy.server.asgi import Message
from codex_proxy.server.images.kept import KeptPictureEndpoint
from codex_proxy.server.incoming import Incoming


class Store:
    async def keep(self, picture: str) -> str | None:
        return None

    async def find(self, name: str) -> KeptPicture | None:
        return KeptPicture(content=b"bytes", media_type="image/png") if name == "name.png" else None


async def asked(path: str, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    def encode_failure(failure: Failure, request_id: str) -> WireReply:
        return WireReply(status=404, body=failure.message.encode())

    incoming = Incoming(method=method, path=path, query="", headers={}, request_id="req", receive=receive, send=send)
    await KeptPictureEndpoint(Store(), encode_failure)(incoming)
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, sent[1]["body"]


async def test_a_picture_is_shown_as_what_it_is_and_nothing_else() -> None:
    status, headers, body = await asked("/v1/images/name.png")
    assert (status, body) == (200, b"bytes")
    assert headers == {
        "content-type": "image/png",
        "x-content-type-options": "nosniff",
        "content-security-policy": "sandbox",
        "cache-control": "private",
        "content-length": "5",
    }
    assert (await asked("/v1/images/name.png", "HEAD"))[0::2] == (200, b"")


@pytest.mark.parametrize("path", ["/v1/images/", "/v1/images/other.png", "/v1/images/name.png/x", "/v1/images/../a"])
async def test_everything_else_gets_one_answer(path: str) -> None:
    assert await asked(path) == await asked("/v1/images/none")
    assert await asked(path, "POST") == await asked("/v1/images/name.png", "POST")
    assert (await asked(path))[0] == 404
