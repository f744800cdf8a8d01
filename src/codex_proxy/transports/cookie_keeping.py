"""The jars of all accounts, and what is kept of them for the next start.

Rules of this file: only the upstream's own hosts have cookies; an account has one jar, and when its calls come out
elsewhere that one is dropped for an empty one.  Calls read and change memory, a job writes what changed.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from codex_proxy.accounts.keeping import Cookie, CookieStore
from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.operations.egress.addresses import exit_of
from codex_proxy.transports.cookies import CookieJar

WRITE_SECONDS: Final = 5.0
_UPSTREAM_DOMAIN: Final = "chatgpt.com"

_Exit: TypeAlias = tuple[str, str | None]
"""An account, and one place where it comes out, None for all of them."""


class CookieJars:
    """Implements the operations' ``KeptCookies``.

    ``store`` None keeps nothing beyond memory; ``upstream_host`` None lets every host have cookies; ``now`` gives epoch
    seconds; ``learn`` hears every value, which is a secret.
    """

    def __init__(
        self,
        *,
        now: Callable[[], float],
        store: CookieStore | None = None,
        upstream_host: str | None = None,
        learn: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._learn = learn
        self._now = now
        self._store = store
        self._upstream_host = upstream_host
        self._jars: dict[str, CookieJar] = {}
        self._kept: dict[str, list[Cookie]] = {}
        self._changed: dict[str, None] = {}
        self._gone: dict[_Exit, None] = {}

    async def load(self) -> None:
        """Take in what is kept; once, before the first call.  Raises ``StoreUnusable``."""
        if self._store is not None:
            await self._store.expire(now=self._now())
            for cookie in await self._store.load():
                self._kept.setdefault(cookie.row_id, []).append(cookie)

    async def write(self) -> bool:
        """Write what changed; for a job, and once more at the end.

        Raises:
            StoreUnusable: it could not be written and will be the next time.
        """
        if self._store is None or not (self._changed or self._gone):
            return True
        gone, changed = [*self._gone], [*self._changed]
        self._gone.clear()
        self._changed.clear()
        try:
            await self._write(self._store, gone, changed)
        except StoreUnusable:
            self._gone = dict.fromkeys(gone) | self._gone
            self._changed |= dict.fromkeys(changed)
            raise
        return True

    def serves(self, host: str) -> bool:
        """Whether this host has cookies at all: the real client knows none of other hosts."""
        if self._upstream_host is None or host == self._upstream_host:
            return True
        return _is_upstream(host) and _is_upstream(self._upstream_host)

    def jar(self, row_id: str, exit_id: str) -> CookieJar:
        """The account's jar, where its calls come out at ``exit_id`` now."""
        jar = self._jars.get(row_id)
        if jar is None or jar.exit_id != exit_id:
            jar = self._opened(row_id, exit_id, before=jar)
        return jar

    def shown(self, row_id: str, egress_url: str | None) -> tuple[Cookie, ...]:
        """See ``KeptCookies``."""
        return self.jar(row_id, exit_of(egress_url)).cookies

    def set(self, row_id: str, egress_url: str | None, values: Mapping[str, str]) -> None:
        """See ``KeptCookies``."""
        self.jar(row_id, exit_of(egress_url)).set(self._upstream_host or _UPSTREAM_DOMAIN, values)

    async def drop(self, row_id: str) -> None:
        """See ``KeptCookies``; what is kept goes with the next ``write``."""
        self._jars.pop(row_id, None)
        self._kept.pop(row_id, None)
        self._changed.pop(row_id, None)
        self._gone[row_id, None] = None

    def _opened(self, row_id: str, exit_id: str, *, before: CookieJar | None) -> CookieJar:
        jar = CookieJar(row_id, exit_id, now=self._now, changed=lambda: self._note(row_id))
        self._jars[row_id] = jar
        left = {before.exit_id} if before is not None else set[str]()
        for cookie in self._kept.pop(row_id, ()):
            if cookie.egress_id == exit_id:
                jar.restore(cookie)
            else:
                left.add(cookie.egress_id)
        self._gone |= dict.fromkeys((row_id, place) for place in left)
        return jar

    def _note(self, row_id: str) -> None:
        self._changed[row_id] = None
        jar = self._jars.get(row_id)
        for cookie in () if jar is None else jar.cookies:
            self._learn(cookie.value)

    async def _write(self, store: CookieStore, gone: list[_Exit], changed: list[str]) -> None:
        jars = [self._jars[row_id] for row_id in changed if row_id in self._jars]
        for row_id, exit_id in dict.fromkeys([*gone, *((jar.row_id, jar.exit_id) for jar in jars)]):
            await store.drop(row_id, egress_id=exit_id)
        await store.keep([cookie for jar in jars for cookie in jar.cookies])
        await store.expire(now=self._now())


def _is_upstream(host: str) -> bool:
    return host == _UPSTREAM_DOMAIN or host.endswith(f".{_UPSTREAM_DOMAIN}")
