"""Lists of proxies as files: written as YAML, read from YAML, JSON or lines of text.

Rules of this file: pure; nothing in a file makes an object or takes more than its own size; a row that is wrong is an
error with its number and does not spoil the others.  What is written holds passwords.
"""

import io
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from codex_proxy.accounts.keeping import EgressProxy
from codex_proxy.operations.egress.addresses import InvalidProxy, ProxyAddress, build_proxy, parse_proxy

MAX_BYTES: Final = 1024 * 1024
MAX_ALIASES: Final = 64
MAX_DEPTH: Final = 8
MAX_ROWS: Final = 10_000
MAX_NAME_CHARACTERS: Final = 64
_TOP: Final = "proxies"
_DEEPER: Final = (MappingStartEvent, SequenceStartEvent)
_HIGHER: Final = (MappingEndEvent, SequenceEndEvent)


class UnreadableList(Exception):
    """This file is no list of proxies; one sentence without anything of its content."""


class ListedProxy(msgspec.Struct, frozen=True, kw_only=True):
    """A proxy in a list; ``name`` is empty where it has none."""

    address: ProxyAddress
    name: str = ""
    enabled: bool = True


class BadRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row that is no proxy: its number, counted from 1, and what is wrong; nothing of its content."""

    row: int
    error: str


def write_list(proxies: Iterable[EgressProxy]) -> str:
    """The proxies as YAML, with passwords; a disabled one says so."""
    rows = [_row(proxy) for proxy in proxies]
    return "".join(rows) or "[]\n"


def read_list(content: bytes) -> tuple[tuple[ListedProxy, ...], tuple[BadRow, ...]]:
    """The proxies in a file, and the rows that are none.

    A YAML or JSON list of ``{name, url}``, of mappings with the parts of an address, or of texts; the same below the
    key ``proxies``; or lines of text, each in one of the forms that ``parse_proxy`` reads, ``#`` before a comment.

    Raises:
        UnreadableList: it is no such file, or too large.
    """
    if len(content) > MAX_BYTES:
        raise UnreadableList(f"the list is larger than {MAX_BYTES} bytes")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableList("the list is not UTF-8 text") from None
    rows = _rows(text)
    if len(rows) > MAX_ROWS:
        raise UnreadableList(f"the list has more than {MAX_ROWS} rows")
    read = [_read_row(number, row) for number, row in enumerate(rows, start=1)]
    listed = tuple(each for each in read if isinstance(each, ListedProxy))
    return listed, tuple(each for each in read if isinstance(each, BadRow))


def clean_name(name: str, address: ProxyAddress) -> str:
    """The name a proxy may have: what was given, or ``host:port`` where that is empty or would show credentials."""
    name = " ".join(name.split())[:MAX_NAME_CHARACTERS]
    shows_login = "@" in name or "://" in name or (len(address.password) > 3 and address.password in name)
    return address.place if not name or shows_login or not name.isprintable() else name


def _row(proxy: EgressProxy) -> str:
    told: dict[str, object] = {"name": proxy.name, "url": proxy.url}
    if not proxy.enabled:
        told["enabled"] = False
    members = (f"{name}: {msgspec.json.encode(value).decode()}" for name, value in told.items())
    return "- " + "\n  ".join(members) + "\n"


def _rows(text: str) -> list[Any]:
    first = next((line for line in map(str.strip, text.splitlines()) if line and not line.startswith(("#", "---"))), "")
    if not _is_yaml(first):
        lines = (line.strip() for line in text.splitlines())
        return [line for line in lines if line and not line.startswith("#")]
    told = _loaded(text)
    if isinstance(told, dict):
        told = told.get(_TOP)
    if not isinstance(told, list):
        raise UnreadableList("the file holds no list of proxies")
    return told


def _is_yaml(first: str) -> bool:
    """Whether a file that begins so is YAML or JSON; ``[::1]:1080`` is an address."""
    is_address = first.startswith("[") and "]:" in first
    return not is_address and (first.startswith(("- ", "[", "{", f"{_TOP}:")) or first == "-")


def _loaded(text: str) -> Any:
    try:
        _check_shape(text)
        return YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError, RecursionError):
        raise UnreadableList("the file is not valid YAML") from None


def _check_shape(text: str) -> None:
    """Look at the file piece by piece first: what is deep or refers to itself is not built at all."""
    aliases_count = depth = 0
    for event in _events(text):
        aliases_count += isinstance(event, AliasEvent)
        depth += isinstance(event, _DEEPER) - isinstance(event, _HIGHER)
        if aliases_count > MAX_ALIASES or depth > MAX_DEPTH:
            raise UnreadableList("the file is nested too deeply, or refers to itself too often")


def _events(text: str) -> Iterator[Any]:
    yield from YAML(typ="safe", pure=True).parse(io.StringIO(text))


def _read_row(number: int, row: Any) -> ListedProxy | BadRow:
    try:
        return _listed(row)
    except InvalidProxy as error:
        return BadRow(row=number, error=str(error))


def _listed(row: Any) -> ListedProxy:
    if isinstance(row, str):
        return ListedProxy(address=parse_proxy(row))
    if not isinstance(row, dict):
        raise InvalidProxy("row", "it is neither a mapping nor a text")
    url = _text(row, "url")
    address = parse_proxy(url) if url or "host" not in row else _of_parts(row)
    enabled = row.get("enabled", True)
    if not isinstance(enabled, bool):
        raise InvalidProxy("enabled", "it is neither true nor false")
    return ListedProxy(address=address, name=_text(row, "name"), enabled=enabled)


def _of_parts(row: dict[Any, Any]) -> ProxyAddress:
    return build_proxy(
        _text(row, "protocol") or "http",
        _text(row, "host"),
        _text(row, "port") or None,
        username=_text(row, "username"),
        password=_text(row, "password"),
    )


def _text(row: dict[Any, Any], field: str) -> str:
    value = row.get(field)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise InvalidProxy(field, "it is no text")
    return str(value)
