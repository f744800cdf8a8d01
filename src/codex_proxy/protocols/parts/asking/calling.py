"""Path and headers of a call to a vendor.

Rules of this file: pure; a key travels in a header, as a bearer token in ``authorization`` and bare in any other.  A
vendor that wants no key gets none.
"""

import re
from typing import Final

from codex_proxy.protocols.base import HeaderPairs

AUTHORIZATION: Final = "authorization"

_MODEL: Final = "{model}"
_UNSAFE: Final = re.compile(rb"[^A-Za-z0-9._~/-]")


def call_path(path: str, model: str) -> str:
    """The path, with the model where it says ``{model}``."""
    return path.replace(_MODEL, path_part(model)) if _MODEL in path else path


def path_part(model: str) -> str:
    """A model's id as it stands in a path, percent-encoded but for its slashes."""
    return _UNSAFE.sub(lambda found: b"%%%02X" % found[0][0], model.encode(errors="replace")).decode()


def call_headers(*, stream: bool, key_header: str, key: str, more: HeaderPairs) -> HeaderPairs:
    """The headers in wire order."""
    name = key_header.lower()
    value = f"Bearer {key}" if name == AUTHORIZATION else key
    return (
        ("content-type", "application/json"),
        ("accept", "text/event-stream" if stream else "application/json"),
        *(((name, value),) if key else ()),
        *more,
    )
