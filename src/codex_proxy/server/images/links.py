"""Where a client finds what a link of ours names: scheme and authority as it reaches us.

Rules of this file: a ``Host`` header is what the client says, so it is repeated only if it is loopback or one of the
owner's; everybody else gets the address that their connection arrived at.
"""

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from codex_proxy.server.incoming import Incoming

_LOOPBACK: Final = re.compile(r"(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?")


class LinkBases:
    """Gives the beginning of links in the answer to a request; ``configured`` are bases of the owner's."""

    def __init__(self, configured: Iterable[str] = ()) -> None:
        self._configured = {urlsplit(base).netloc.lower(): base.rstrip("/") for base in configured}

    def __call__(self, incoming: Incoming) -> str:
        """Such as ``http://127.0.0.1:8080``; empty where nothing is known."""
        host = incoming.headers.get("host", "").lower()
        if host in self._configured:
            return self._configured[host]
        if _LOOPBACK.fullmatch(host):
            return f"http://{host}"
        if incoming.arrived_at is None:
            return ""
        address, port = incoming.arrived_at
        return f"http://[{address}]:{port}" if ":" in address else f"http://{address}:{port}"
