"""The wire forms of Responses stream events, as far as they are read on the hot path.

Rules of this file: one struct for every event, all members optional, because events share their members and new ones
appear monthly; objects stay raw until somebody needs them.  Source: OpenAI API reference, streaming events; captures
of Codex CLI 0.169.
"""

from typing import Any, Final

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.framing.sse import Frame

CREATED: Final = "response.created"
TERMINALS: Final = frozenset({"response.completed", "response.incomplete", "response.failed"})
HOLDS_RESPONSE: Final = TERMINALS | {CREATED, "response.in_progress", "response.queued"}
CODEX_ONLY: Final = frozenset({"keepalive", "response.metadata"})
"""Events that only a client of the Codex family understands, beside everything named ``codex.*``."""


class WireEvent(msgspec.Struct, gc=False):
    """One stream event; absent members have their default."""

    type: str = ""
    delta: str | None = None
    item_id: str | None = None
    output_index: int | None = None
    content_index: int | None = None
    summary_index: int | None = None
    sequence_number: int | None = None
    text: str | None = None
    arguments: str | None = None
    input: str | None = None
    refusal: str | None = None
    partial_image_b64: str | None = None
    partial_image_index: int | None = None
    item: msgspec.Raw = msgspec.Raw()
    part: msgspec.Raw = msgspec.Raw()
    annotation: msgspec.Raw = msgspec.Raw()
    response: msgspec.Raw = msgspec.Raw()


_decode_event: Final = msgspec.json.Decoder(WireEvent).decode
_decode_any: Final = msgspec.json.Decoder().decode
_FIELD_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "type": (str,),
    "delta": (str,),
    "item_id": (str,),
    "output_index": (int,),
    "content_index": (int,),
    "summary_index": (int,),
    "sequence_number": (int,),
    "text": (str,),
    "arguments": (str,),
    "input": (str,),
    "refusal": (str,),
    "partial_image_b64": (str,),
    "partial_image_index": (int,),
}
_OBJECT_FIELDS: Final = ("item", "part", "annotation", "response")


def read_event(data: bytes) -> WireEvent | None:
    """The event in ``data``, None if it is no JSON object.

    Members of the wrong type count as absent: some servers send numbers or null for texts.
    """
    try:
        return _decode_event(data)
    except msgspec.ValidationError:
        return _read_leniently(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def read_object(raw: msgspec.Raw | bytes) -> JsonObject:
    """The JSON object in ``raw``; empty where there is none."""
    try:
        value = _decode_any(raw) if raw else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def with_type(frame: Frame, name: str) -> Frame:
    """The frame of an event that is named outside only, named inside too."""
    return Frame(frame.event, msgspec.json.encode(read_object(frame.data) | {"type": name}))


def _read_leniently(data: bytes) -> WireEvent | None:
    members = read_object(data)
    if not members:
        return None
    known: dict[str, Any] = {
        name: members[name]
        for name, types in _FIELD_TYPES.items()
        if isinstance(members.get(name), types) and not isinstance(members.get(name), bool)
    }
    for name in _OBJECT_FIELDS:
        if isinstance(members.get(name), dict):
            known[name] = msgspec.Raw(msgspec.json.encode(members[name]))
    return WireEvent(**known)
