"""Cross-origin rules of the data plane, and which host names are this machine's.

Rules of this file: pages on loopback and origins the owner listed may read answers; every other page is refused before
anything runs, so that a hostile page can spend nothing.  A request without ``Origin`` is no page's.
"""

import ipaddress
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

OWN_NAMES: Final = frozenset({"localhost", "host.docker.internal"})
"""Names of this machine that no stranger can give out."""
_OWN_DOMAINS: Final = (".localhost",)
_LOOPBACK_HOSTS: Final = frozenset({"localhost", "::1"})
_EXPOSED: Final = "x-request-id, request-id, retry-after, x-codex-proxy-model, x-codex-proxy-notes"
_METHODS: Final = "GET, POST, DELETE, OPTIONS"
_PREFLIGHT_SECONDS: Final = "600"


class CorsPolicy:
    """Which origins may call, and the headers that say so."""

    def __init__(self, *, allowed_origins: frozenset[str] = frozenset(), allow_null: bool = False) -> None:
        self._allowed = frozenset(origin.rstrip("/").lower() for origin in allowed_origins)
        self._allow_null = allow_null

    def allows(self, origin: str) -> bool:
        """Whether a page of this origin may call."""
        if origin == "null":
            return self._allow_null
        return origin.lower() in self._allowed or _is_loopback(origin)

    def reply_headers(self, origin: str | None) -> dict[str, str]:
        """What every answer to an allowed page carries."""
        if origin is None:
            return {}
        return {
            "access-control-allow-origin": origin,
            "access-control-expose-headers": _EXPOSED,
            "vary": "origin",
        }

    def preflight_headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """The answer to an allowed preflight."""
        answer = self.reply_headers(headers.get("origin"))
        answer["access-control-allow-methods"] = _METHODS
        answer["access-control-allow-headers"] = headers.get("access-control-request-headers", "*")
        answer["access-control-max-age"] = _PREFLIGHT_SECONDS
        if headers.get("access-control-request-private-network") == "true":
            answer["access-control-allow-private-network"] = "true"
        return answer


def is_own_host(host: str, names: frozenset[str] = OWN_NAMES) -> bool:
    """Whether a ``Host`` header names this machine; one that is missing is no page's."""
    name = _without_port(host).lower().rstrip(".")
    return not name or name in names or name.endswith(_OWN_DOMAINS) or _is_address(name)


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0] if host.count(":") == 1 else host


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_loopback(origin: str) -> bool:
    try:
        parts = urlsplit(origin)
        host, _ = parts.hostname or "", parts.port  # a port that is none may hide a host
    except ValueError:
        return False
    if parts.scheme not in {"http", "https"}:
        return False
    return host in _LOOPBACK_HOSTS or (host.startswith("127.") and host.replace(".", "").isdigit())
