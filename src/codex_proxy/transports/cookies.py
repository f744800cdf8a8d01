"""Cookies of the upstream's edge: one jar per account and egress, with an allow-list.

Rules of this file: only the edge's own cookies are kept, as the real client does; nothing that names a user or a
login.  A jar lives in memory, is bound to one egress, and is dropped when the edge blocks the path.
Source: captures of Codex CLI 0.169, cookie runs.
"""

from collections.abc import Callable, Sequence
from typing import Final

ALLOWED_NAMES: Final = frozenset(
    {
        "__cf_bm",
        "__cflb",
        "__cfruid",
        "__cfseq",
        "__cfwaitingroom",
        "_cfuvid",
        "cf_clearance",
        "cf_ob_info",
        "cf_use_ob",
    }
)
ALLOWED_PREFIX: Final = "cf_chl_"


class CookieJar:
    """The cookies of one account behind one egress, by host."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._cookies: dict[tuple[str, str], tuple[str, float | None]] = {}

    def header(self, host: str) -> str | None:
        """The ``cookie`` header for ``host``, None without cookies."""
        now = self._now()
        pairs = [
            f"{name}={value}"
            for (owner, name), (value, expires_at) in self._cookies.items()
            if owner == host and (expires_at is None or expires_at > now)
        ]
        return "; ".join(pairs) or None

    def store(self, host: str, set_cookies: Sequence[str]) -> None:
        """Keep what the ``set-cookie`` headers of a reply allow us to keep."""
        for line in set_cookies:
            pair, *attributes = line.split(";")
            name, separator, value = pair.strip().partition("=")
            if not separator or not (name in ALLOWED_NAMES or name.startswith(ALLOWED_PREFIX)):
                continue
            lifetime = _max_age(attributes)
            if lifetime is not None and lifetime <= 0:
                self._cookies.pop((host, name), None)
            else:
                self._cookies[host, name] = (value, None if lifetime is None else self._now() + lifetime)

    def clear(self) -> None:
        """Forget everything."""
        self._cookies.clear()


def _max_age(attributes: Sequence[str]) -> float | None:
    for attribute in attributes:
        name, _, value = attribute.strip().partition("=")
        if name.lower() == "max-age" and value.lstrip("-").isdigit():
            return float(value)
    return None
