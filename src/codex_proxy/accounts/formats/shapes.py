"""Where in a file its accounts are: a list, an object around one, or one account by itself.

Rules of this file: pure and total.  An envelope is an object whose ``data`` holds the rest, as interfaces answer.
Source: spec, accounts, 4.2.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from codex_proxy.accounts.formats.members import ACCESS_TOKEN, API_KEY, REFRESH_TOKEN, TOKEN

MOST_ROWS: Final = 5000
_ENVELOPES: Final = 2
_MARKS: Final = frozenset({*TOKEN, *ACCESS_TOKEN, *REFRESH_TOKEN, *API_KEY, "tokens", "credentials", "platform"})


class ImportUnreadable(Exception):
    """Nothing can be taken from the file; says why and where, nothing of its content.

    ``too_large`` where a smaller file of the same kind could be read.
    """

    def __init__(self, message: str, *, too_large: bool = False) -> None:
        super().__init__(message)
        self.too_large = too_large


class Entries(msgspec.Struct, frozen=True, kw_only=True):
    """The entries of a file with their numbers, and its list of proxies if it has one."""

    entries: tuple[tuple[int, Any], ...] = ()
    proxies: Any = None


def find_entries(content: Any) -> Entries:
    """The entries in decoded content.

    Raises:
        ImportUnreadable: there is nothing like an account, or more than ``MOST_ROWS``.
    """
    inner = _opened(content)
    if isinstance(inner, str):
        return numbered([inner])
    if isinstance(inner, list):
        return numbered(inner)
    if isinstance(inner, Mapping):
        accounts = inner.get("accounts")
        if isinstance(accounts, list):
            return msgspec.structs.replace(numbered(accounts), proxies=inner.get("proxies"))
        if _MARKS & inner.keys():
            return numbered([inner])
    raise ImportUnreadable("there are no accounts in it: neither a list, nor `accounts`, nor tokens of one account")


def numbered(entries: list[Any]) -> Entries:
    """Entries that count from 1; raises like ``find_entries``."""
    require_fewer(len(entries))
    return Entries(entries=tuple(enumerate(entries, start=1)))


def require_fewer(count: int) -> None:
    """Refuse so many rows; raises ``ImportUnreadable``."""
    if count > MOST_ROWS:
        raise ImportUnreadable(f"it has {count} rows, and at most {MOST_ROWS} are taken at once", too_large=True)


def _opened(content: Any) -> Any:
    """What an envelope holds."""
    for _ in range(_ENVELOPES):
        if not isinstance(content, Mapping) or "data" not in content or (_MARKS | {"accounts"}) & content.keys():
            break
        code = content.get("code", 0)
        if isinstance(code, int) and code != 0:
            raise ImportUnreadable("it is the answer of an interface that refused (`code` is not 0)")
        content = content["data"]
    return content
