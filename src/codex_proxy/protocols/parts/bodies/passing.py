"""A client's own body on its way to a vendor of its dialect: changed in the members that have to change, nowhere else.

Rules of this file: bytes that are not changed stay as they are, numbers, order and white space included; where a member
to be changed cannot be found for certain in the text, the members are written one after the other, each as it came.
"""

import re
from functools import lru_cache
from typing import Any, Final

import msgspec

from codex_proxy.protocols.parts.json_text import encode

SEALED: Final = b"cpx1."
"""How thoughts of another upstream begin that the client was given in an envelope of ours: no vendor can read them."""

SEALED_BASE64: Final = b"Y3B4MS"
"""The same in base64, without the character that depends on what follows."""

_members: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def members_of(body: bytes) -> dict[str, msgspec.Raw]:
    """The members of an object, each as it stands in the text; the last one counts where a name stands twice."""
    return _members(body)


def with_members(body: bytes, members: dict[str, msgspec.Raw], changes: dict[str, Any]) -> bytes:
    """``body``, whose ``members`` are known, with these changes; a member that is not there comes first."""
    for name, value in changes.items():
        told = encode(value)
        changed = _inserted(body, name, told) if name not in members else _replaced(body, name, members[name], told)
        if changed is None:
            return encode(members | {key: msgspec.Raw(encode(new)) for key, new in changes.items()})
        body = changed
    return body


def _inserted(body: bytes, name: str, told: bytes) -> bytes | None:
    start = body.find(b"{") + 1
    comma = b"" if body[start:].lstrip().startswith(b"}") else b","
    return body[:start] + encode(name) + b":" + told + comma + body[start:]


def _replaced(body: bytes, name: str, value: msgspec.Raw, told: bytes) -> bytes | None:
    """None where the name stands in the text more than once, or is written otherwise."""
    found = [match.end() for _, match in zip(range(2), _before(name).finditer(body), strict=False)]
    if len(found) != 1 or not body.startswith(bytes(value), found[0]):
        return None
    return body[: found[0]] + told + body[found[0] + len(bytes(value)) :]


@lru_cache(maxsize=16)
def _before(name: str) -> re.Pattern[bytes]:
    return re.compile(re.escape(encode(name)) + rb"\s*:\s*")
