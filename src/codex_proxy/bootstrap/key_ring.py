"""The client keys in force: those kept in the data directory, the owner's own, those of accounts, those handed out."""

from collections.abc import Callable, Sequence
from typing import Final

from codex_proxy.access.bound_keys import BoundKeys
from codex_proxy.access.granted.key import GrantedKey
from codex_proxy.access.granted.ring import GrantedKeys
from codex_proxy.access.keys import ADMIN, INFERENCE, ClientKey, find_key, make_key
from codex_proxy.bootstrap.clock import SystemClock
from codex_proxy.bootstrap.live.current import Current
from codex_proxy.operations.client_keys import KeptKeys
from codex_proxy.server.security import Caller
from codex_proxy.settings.schema import Settings

OWNER_KEY_ID: Final = "owner"
BOUND_KEY_ID: Final = "account-"
"""What the id of a key bound to an account begins with, before the account's row id."""


class KeyRing:
    """Implements the server's ``Authenticator``.

    ``own`` gives the kept keys, or the owner's, as they are now, and ``joined`` are beside them.  ``bound`` are the
    keys of accounts, which come and go with these; ``granted`` are those that were handed out.
    """

    def __init__(
        self,
        own: Callable[[], Sequence[ClientKey]],
        pepper: bytes,
        bound: BoundKeys | None = None,
        granted: GrantedKeys | None = None,
        *,
        joined: Sequence[ClientKey] = (),
        now: Callable[[], float] | None = None,
    ) -> None:
        self.bound = BoundKeys(pepper) if bound is None else bound
        self.granted = GrantedKeys() if granted is None else granted
        self._now = now or SystemClock().now
        self._own = own
        self._joined = tuple(joined)
        self._pepper = pepper

    def joined(self, key_id: str, secret: str, scopes: frozenset[str]) -> "KeyRing":
        """A ring with one more key, which lives as long as this process."""
        joined = (*self._joined, make_key(key_id, secret, scopes, self._pepper))
        return KeyRing(self._own, self._pepper, self.bound, self.granted, joined=joined, now=self._now)

    def authenticate(self, secret: str) -> Caller | None:
        """See ``Authenticator``."""
        key = find_key(secret, (*self._own(), *self._joined), self._pepper)
        if key is not None:
            return Caller(key_id=key.key_id, scopes=key.scopes)
        granted = self.granted.find(secret)
        return self._of_account(secret) if granted is None else self._of_granted(granted)

    def _of_granted(self, key: GrantedKey) -> Caller:
        if not key.enabled:
            return Caller(key_id=key.key_id, scopes=frozenset(), refused="key_disabled")
        if key.is_expired(self._now()):
            return Caller(key_id=key.key_id, scopes=frozenset(), refused="key_expired")
        return Caller(key_id=key.key_id, scopes=key.scopes)

    def _of_account(self, secret: str) -> Caller | None:
        row_id = self.bound.find(secret)
        if row_id is None:
            return None
        return Caller(key_id=BOUND_KEY_ID + row_id, scopes=frozenset({INFERENCE}), bound_to=row_id)


def key_ring(kept: KeptKeys, live: Current[Settings]) -> KeyRing:
    """A ring of the kept keys; the owner's own key, where there is one, takes their place and has every scope."""

    def own(settings: Settings) -> tuple[ClientKey, ...]:
        secret = settings.server.proxy_api_key
        if secret is None:
            return tuple(each.key for each in kept.keys)
        return (make_key(OWNER_KEY_ID, secret, frozenset({ADMIN, INFERENCE}), kept.pepper),)

    return KeyRing(live.derived(own), kept.pepper)
