"""Egress proxies that come with a file of accounts, as sub2api writes them.

Rules of this file: pure and total; whether there can be such a proxy is not decided here.  A proxy is an object with
its parts, or with one text ``protocol|host|port|user|password``, which is also what accounts call it by.
Source: spec, accounts, 4.2.
"""

from collections.abc import Mapping
from typing import Any, Final

from codex_proxy.accounts.formats.members import showable
from codex_proxy.accounts.formats.rows import OfferedProxy

_PARTS: Final = ("protocol", "host", "port", "username", "password")
_COLUMN: Final = "|"
_LAST_PORT: Final = 65_535


def read_proxies(told: Any) -> tuple[OfferedProxy, ...]:
    """The proxies of a list; what is no object in it is none."""
    return tuple(_read(each) for each in told if isinstance(each, Mapping)) if isinstance(told, list) else ()


def _read(told: Mapping[Any, Any]) -> OfferedProxy:
    key = _text(told.get("proxy_key"))
    columns = dict(zip(_PARTS, key.split(_COLUMN, len(_PARTS) - 1), strict=False)) if _COLUMN in key else {}
    parts = {name: _text(told.get(name)) or columns.get(name, "") for name in _PARTS}
    return OfferedProxy(
        key=key or _COLUMN.join(parts.values()), name=showable(_text(told.get("name"))) or parts["host"], **parts
    )


def _text(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) <= _LAST_PORT else ""
    return value.strip() if isinstance(value, str) else ""
