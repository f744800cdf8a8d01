"""The cookies of an account, as its owner sees and sets them.

Rules of this file: cookies are bound to where the account comes out now; values are taken and never told.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from codex_proxy.accounts.egress.ways import NoWay, Through
from codex_proxy.accounts.keeping import Cookie
from codex_proxy.operations.accounts.parts import UnknownAccount
from codex_proxy.operations.egress.book import EgressBook

MAX_COOKIES: Final = 50
MAX_VALUE_CHARACTERS: Final = 4096
EXAMPLE: Final = "cf_clearance=…; __cf_bm=…"
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}", re.ASCII)
_VALUE: Final = re.compile(r"[\x21-\x3a\x3c-\x7e]*", re.ASCII)  # no space, no semicolon, nothing that ends a header


class KeptCookies(Protocol):
    """The cookies of accounts at the places where they come out; ``egress_url`` None is the direct way."""

    def shown(self, row_id: str, egress_url: str | None) -> tuple[Cookie, ...]:
        """What there is."""
        ...

    def set(self, row_id: str, egress_url: str | None, values: Mapping[str, str]) -> None:
        """Keep these for the upstream, by name, beside what there is."""
        ...

    async def drop(self, row_id: str) -> None:
        """Forget all of an account's, wherever it came out."""
        ...


class InvalidCookies(Exception):
    """These are no cookies; the words hold no value."""


class NoWayOut(Exception):
    """The account cannot leave now, so that its cookies would be bound to nothing."""


class AccountCookies:
    """Use cases; ``is_account`` tells whether there is an account of this row id.  All raise ``UnknownAccount``."""

    def __init__(self, *, kept: KeptCookies, book: EgressBook, is_account: Callable[[str], bool]) -> None:
        self._kept = kept
        self._book = book
        self._is_account = is_account

    def names(self, row_id: str) -> tuple[str, ...]:
        """The names of the account's cookies; raises ``NoWayOut``."""
        return tuple(dict.fromkeys(cookie.name for cookie in self._kept.shown(row_id, self._egress_url(row_id))))

    def set(self, row_id: str, told: str | Mapping[str, str]) -> tuple[str, ...]:
        """Keep cookies, as a header tells them or by name; the names of all there are then.

        Raises:
            InvalidCookies: they are none.
            NoWayOut: see there.
        """
        egress_url = self._egress_url(row_id)
        self._kept.set(row_id, egress_url, read_cookies(told))
        return self.names(row_id)

    async def clear(self, row_id: str) -> None:
        """Forget all of them."""
        self._check(row_id)
        await self._kept.drop(row_id)

    def _egress_url(self, row_id: str) -> str | None:
        self._check(row_id)
        way = self._book.way(row_id)
        if isinstance(way, NoWay):
            raise NoWayOut(
                f"the account's egress {way.name} cannot be used ({way.reason}), and cookies are bound to one"
            )
        return way.url if isinstance(way, Through) else None

    def _check(self, row_id: str) -> None:
        if not self._is_account(row_id):
            raise UnknownAccount(row_id)


def read_cookies(told: str | Mapping[str, str]) -> dict[str, str]:
    """Cookies by name, from ``a=b; c=d`` or from a mapping.

    Raises:
        InvalidCookies: there is none, there are too many, or one is wrong.
    """
    pairs = _pairs(told) if isinstance(told, str) else list(told.items())
    if not pairs:
        raise InvalidCookies(f"cookies: there are none; write them as {EXAMPLE}")
    if len(pairs) > MAX_COOKIES:
        raise InvalidCookies(f"cookies: there are more than {MAX_COOKIES}")
    for place, (name, value) in enumerate(pairs, start=1):
        if _NAME.fullmatch(name) is None:
            raise InvalidCookies(f"cookies: the name of number {place} is none; write them as {EXAMPLE}")
        if len(value) > MAX_VALUE_CHARACTERS or _VALUE.fullmatch(value) is None:
            raise InvalidCookies(f"cookies: the value of {name} holds what no cookie may hold, or is too long")
    return dict(pairs)


def _pairs(text: str) -> list[tuple[str, str]]:
    told = (pair.strip().partition("=") for pair in text.split(";") if pair.strip())
    return [(name.strip(), value.strip()) for name, _, value in told]
