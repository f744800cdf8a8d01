"""Requests without content: clients send them to have a model loaded, or to have it forgotten at once.

Rules of this file: there is nothing to load here, so the answer is only what a server would say; a body that asks for
an answer is not looked into further than that.  Source: Ollama API reference, "load a model".
"""

import re
from typing import Any, Final

import msgspec

from codex_proxy.protocols.base import WireReply
from codex_proxy.protocols.ollama.schema import Endpoint
from codex_proxy.protocols.ollama.timestamps import rfc3339
from codex_proxy.protocols.parts.json_text import encode

_AT_ONCE: Final = re.compile(r"-?0+(\.0*)?[a-z]*")
_NOTHING: Final = frozenset({b"", b"null", b"[]", b'""'})
_CONTENT: Final = {Endpoint.CHAT: ("messages",), Endpoint.GENERATE: ("prompt", "suffix", "images")}


class LoadRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A model to load, or with ``unload`` to forget."""

    model: str
    unload: bool = False


class _Outline(msgspec.Struct, frozen=True):
    """A body's members, its content left as it is."""

    model: Any = None
    name: Any = None
    keep_alive: Any = None
    messages: msgspec.Raw = msgspec.Raw(b"")
    prompt: msgspec.Raw = msgspec.Raw(b"")
    suffix: msgspec.Raw = msgspec.Raw(b"")
    images: msgspec.Raw = msgspec.Raw(b"")


_decode: Final = msgspec.json.Decoder(_Outline).decode


def parse_load(body: bytes, endpoint: Endpoint) -> LoadRequest | None:
    """The load request that this body is; None for any other body, a broken one included."""
    try:
        outline = _decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    if not all(_is_nothing(getattr(outline, name)) for name in _CONTENT[endpoint]):
        return None
    named = outline.model or outline.name
    return LoadRequest(model=named if isinstance(named, str) else "", unload=_is_zero(outline.keep_alive))


def load_reply(load: LoadRequest, endpoint: Endpoint, *, now_ns: int) -> WireReply:
    """The answer to a load request, one object whether or not a stream was asked for; ``now_ns`` is epoch time."""
    body: dict[str, object] = {"model": load.model, "created_at": rfc3339(now_ns)}
    if endpoint is Endpoint.CHAT:
        body["message"] = {"role": "assistant", "content": ""}
    else:
        body["response"] = ""
    body |= {"done": True, "done_reason": "unload" if load.unload else "load"}
    return WireReply(status=200, body=encode(body))


def _is_nothing(raw: msgspec.Raw) -> bool:
    return len(raw) < 16 and bytes(raw).replace(b" ", b"") in _NOTHING


def _is_zero(keep_alive: object) -> bool:
    if isinstance(keep_alive, str):
        return _AT_ONCE.fullmatch(keep_alive.strip()) is not None
    return isinstance(keep_alive, int | float) and not isinstance(keep_alive, bool) and keep_alive == 0
