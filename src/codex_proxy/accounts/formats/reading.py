"""Files of accounts, read from their bytes: JSON, lines of JSON, lines of tokens.

Rules of this file: pure and total: whatever the bytes are, the answer is a file or ``ImportUnreadable``.  Of what could
not be read the place is told, never the text.  Source: spec, accounts, 4.2.
"""

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any, Final

import msgspec

from codex_proxy.accounts.formats.entries import read_entry
from codex_proxy.accounts.formats.proxies import read_proxies
from codex_proxy.accounts.formats.rows import AccountFile, AccountRow, InvalidRow, ReadingRules, Row, SkippedRow
from codex_proxy.accounts.formats.shapes import Entries, ImportUnreadable, find_entries, require_fewer

MOST_BYTES: Final = 20_000_000

_BOM: Final = b"\xef\xbb\xbf"
_AT_BYTE: Final = re.compile(r" ?\(byte (\d+)\)")
_LIST: Final = re.compile(rb'"accounts"\s*:\s*\[|\A\s*\[')
_MARK: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{},]', re.DOTALL)


class TextForm(StrEnum):
    """What a text claims to be; lines of JSON are read as either."""

    JSON = "json"
    LINES = "lines"


class _Broken(msgspec.Struct, frozen=True, kw_only=True):
    """A line that should be JSON and is none."""

    reason: str


def find_in_text(body: bytes, form: TextForm) -> Entries:
    """The entries of a text; ``rows_of`` reads them.

    Raises:
        ImportUnreadable: nothing can be taken from it.
    """
    if len(body) > MOST_BYTES:
        raise ImportUnreadable(f"it is larger than {MOST_BYTES // 1_000_000} MB", too_large=True)
    text = body.removeprefix(_BOM)
    if text.lstrip()[:1] in {b"{", b"["} or form is TextForm.JSON:
        return _of_json(text)
    return _of_lines(text)


def rows_of(found: Entries, rules: ReadingRules) -> Iterator[Row]:
    """What each entry is, in order; each takes about a tenth of a millisecond."""
    return _once(_row(entry, index, rules) for index, entry in found.entries)


def file_of(found: Entries, rows: Iterable[Row]) -> AccountFile:
    """The file of entries whose rows were read."""
    return AccountFile(rows=tuple(rows), proxies=read_proxies(found.proxies))


def _row(entry: Any, index: int, rules: ReadingRules) -> Row:
    return (
        InvalidRow(index=index, reason=entry.reason) if isinstance(entry, _Broken) else read_entry(entry, index, rules)
    )


def _once(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows, each credential once: a refresh token that was sent for one row must not be sent for another."""
    seen: dict[str, int] = {}
    for row in rows:
        if not isinstance(row, AccountRow):
            yield row
            continue
        secrets = row.grant.secrets
        token = secrets.access_token or secrets.refresh_token or ""
        if token in seen:
            yield SkippedRow(index=row.index, reason=f"its token is in row {seen[token]} as well")
            continue
        for known in (secrets.access_token, secrets.refresh_token):
            if known is not None:
                seen.setdefault(known, row.index)
        yield row


# ------------------------------------------------------------------------------------------------------- JSON


def _of_json(text: bytes) -> Entries:
    try:
        return find_entries(_decoded(text))
    except (ValueError, RecursionError) as error:
        if _is_lines(text):
            return _of_lines(text)
        raise ImportUnreadable(_told(error, text)) from None


def _is_lines(text: bytes) -> bool:
    """Whether the first line is JSON by itself and others follow it."""
    first, _, rest = text.strip().partition(b"\n")
    if not rest:
        return False
    try:
        _decoded(first)
    except (ValueError, RecursionError):
        return False
    return True


def _decoded(text: bytes) -> Any:
    return msgspec.json.decode(text)


def _told(error: Exception, text: bytes) -> str:
    """What is wrong with a JSON text, and where: line, column, and the account it is in."""
    match error:
        case RecursionError():
            return "the JSON is nested too deeply"
        case UnicodeDecodeError():
            return "it is no UTF-8"
    found = _AT_BYTE.search(str(error))
    is_cut = found is None and "truncated" in str(error)
    if found is None and not is_cut:
        return "the JSON holds a number that is out of range"
    place = len(text) if found is None else int(found[1])
    what = "the JSON ends too early" if is_cut else _AT_BYTE.sub("", str(error)).replace("JSON is", "the JSON is", 1)
    line = text.count(b"\n", 0, place) + 1
    column = place - (text.rfind(b"\n", 0, place) + 1) + 1
    row = _row_at(text, place)
    return f"{what}: line {line}, column {column}" + (f", in row {row}" if row else "")


def _row_at(text: bytes, place: int) -> int | None:
    """The number of the account that a byte belongs to; None outside of their list."""
    lists = [found.end() for found in _LIST.finditer(text, 0, place)]
    if not lists:
        return None
    depth, row = 0, 1
    for mark in _MARK.finditer(text, lists[-1], place):
        match mark[0]:
            case b"[" | b"{":
                depth += 1
            case b"]" | b"}":
                depth -= 1
            case b"," if depth == 0:
                row += 1
        if depth < 0:
            return None
    return row


# ------------------------------------------------------------------------------------------------------ lines


def _of_lines(text: bytes) -> Entries:
    """Entries by the number of their line; what stands behind ``#`` is somebody's note."""
    told = ((number, raw.strip()) for number, raw in enumerate(text.splitlines(), start=1))
    lines = [(number, line) for number, line in told if line and not line.startswith(b"#")]
    require_fewer(len(lines))
    return Entries(entries=tuple((number, _of_line(line)) for number, line in lines))


def _of_line(line: bytes) -> Any:
    if line[:1] in {b"{", b"[", b'"'}:
        try:
            return _decoded(line)
        except (ValueError, RecursionError):
            return _Broken(reason="the line is no JSON")
    try:
        return line.decode()
    except UnicodeDecodeError:
        return _Broken(reason="the line is no UTF-8")
