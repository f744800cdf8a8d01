"""One request as it came in over ASGI.

Rules of this file: total; a body that cannot be unpacked is ``InvalidRequest``, everything else is taken as it is.
"""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl

import msgspec
import zstandard

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.parts.json_text import decode_object, encode
from codex_proxy.simulator.player import Receive

MAX_BODY_BYTES: Final = 256 * 1024 * 1024
FORM: Final = "application/x-www-form-urlencoded"

Scope: TypeAlias = dict[str, Any]


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """A request.

    ``path`` is what was asked for, ``headers`` have lower-case names, ``pairs`` are the same in the order they came;
    ``raw`` is the body as it was sent; ``address`` the IP address of the connection, empty where nobody knows.
    """

    method: str
    path: str
    query: str
    pairs: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    raw: bytes
    scheme: str
    http_version: str
    address: str

    @property
    def origin(self) -> str:
        """Scheme and host that the request was sent to."""
        return f"{self.scheme}://{self.headers.get('host', '')}"

    @property
    def is_form(self) -> bool:
        """Whether the body is a form."""
        return self.headers.get("content-type", "").partition(";")[0].strip() == FORM

    def decoded(self) -> Any:
        """The body's JSON or form, unpacked; its text where it is something else, None where it is nothing.

        Raises:
            InvalidRequest: its packing is broken.
        """
        raw = _unpacked(self.raw) if self.headers.get("content-encoding") == "zstd" else self.raw
        if not raw:
            return None
        if self.is_form:
            return dict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True))
        try:
            return msgspec.json.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return raw.decode("utf-8", "replace")


async def read_incoming(scope: Scope, receive: Receive) -> Incoming:
    """The whole request."""
    pairs = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
    client = scope.get("client")
    return Incoming(
        method=scope["method"],
        path=scope["path"],
        query=scope["query_string"].decode("latin-1"),
        pairs=pairs,
        headers={name.lower(): value for name, value in pairs},
        raw=await _body(receive),
        scheme=scope.get("scheme", "http"),
        http_version=scope.get("http_version", ""),
        address=client[0] if client else "",
    )


def as_object(body: Any) -> JsonObject:
    """A decoded body as a JSON object; raises ``InvalidRequest`` where it is none."""
    return decode_object(body.encode() if isinstance(body, str) else encode(body))


async def _body(receive: Receive) -> bytes:
    pieces: list[bytes] = []
    size_bytes = 0
    while True:
        message = await receive()
        pieces.append(message.get("body", b""))
        size_bytes += len(pieces[-1])
        if not message.get("more_body", False) or size_bytes > MAX_BODY_BYTES:
            return b"".join(pieces)


def _unpacked(raw: bytes) -> bytes:
    try:
        with zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True) as reader:
            return reader.read(MAX_BODY_BYTES)
    except zstandard.ZstdError:
        raise InvalidRequest("", "the body is not valid zstd data") from None
