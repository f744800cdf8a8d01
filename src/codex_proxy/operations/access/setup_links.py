"""The link that sets the first password of the dashboard, or a new one.

Rules of this file: one link at a time; its token is 256 random bits, kept as a keyed hash, good for a day and once.
The token stands behind ``#``, so that no server, log or proxy ever sees the link whole.
"""

import hmac
from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from codex_proxy.access.keys import digest_of
from codex_proxy.operations.access.kept import AdminStore, SetupLink

LINK_SECONDS: Final = 86_400.0
SETUP_PATH: Final = "/auth/setup"


class SetupLinks:
    """Makes links and judges their tokens; ``new_token`` gives 256 random bits as URL-safe text."""

    def __init__(self, store: AdminStore, *, pepper: bytes, new_token: Callable[[], str]) -> None:
        self._store = store
        self._pepper = pepper
        self._new_token = new_token

    def make(self, base_url: str, *, now: float) -> tuple[str, float]:
        """A new link, in place of the one before, and when it ends; raises ``AdminUnreadable``."""
        token, kept = self._new_token(), self._store.load()
        link = SetupLink(digest=digest_of(token, self._pepper), expires_at=now + LINK_SECONDS)
        self._store.save(replace(kept, link=link))
        return f"{base_url}{SETUP_PATH}#{token}", link.expires_at

    def fits(self, token: str, *, now: float) -> bool:
        """Whether this is the token of the link that is good now; raises ``AdminUnreadable``."""
        link = self._store.load().link
        shown = digest_of(token, self._pepper)
        return link is not None and now < link.expires_at and hmac.compare_digest(link.digest, shown)
