"""Vendor keys as files: everything that brings them back, and what others wrote down.

Rules of this file: what is written holds secrets; what is read is JSON or YAML, a list of keys or ``{"keys": [...]}``,
and a row that is none is told by its number.  Keys of the configuration are in no file of ours.  Source: spec, 6.3.
"""

from enum import StrEnum
from typing import Any, Final

import msgspec

from codex_proxy.accounts.formats.shapes import ImportUnreadable
from codex_proxy.operations.transfer.bodies import read_yaml
from codex_proxy.vendors.entries import Entry, entries_of
from codex_proxy.vendors.key import KeySource, KeyStatus, VendorKey
from codex_proxy.vendors.profile import Capability
from codex_proxy.vendors.telling import ToldKey

MOST_BYTES: Final = 5_000_000
MOST_ROWS: Final = 5000
_TOP: Final = "keys"


class KeyFileForm(StrEnum):
    """What a file is."""

    JSON = "json"
    YAML = "yaml"


def exported(keys: tuple[VendorKey, ...]) -> tuple[ToldKey, ...]:
    """One row for each entry of the keys that are kept."""
    kept = [key for key in keys if key.source is KeySource.STORE]
    return tuple(_row(entry) for key in kept for entry in entries_of(key))


def read_key_file(body: bytes, form: KeyFileForm) -> tuple[ToldKey | str, ...]:
    """The rows of a file: a key, or why it is none; takes its time, so that it belongs into a thread.

    Raises:
        ImportUnreadable: it is no such file, or too large.
    """
    if len(body) > MOST_BYTES:
        raise ImportUnreadable(f"at most {MOST_BYTES // 1_000_000} MB is taken", too_large=True)
    content = read_yaml(body) if form is KeyFileForm.YAML else _json(body)
    rows = content.get(_TOP) if isinstance(content, dict) else content
    if not isinstance(rows, list):
        raise ImportUnreadable('it holds no list of keys, neither by itself nor as {"keys": [...]}')
    if len(rows) > MOST_ROWS:
        raise ImportUnreadable(f"it has more than {MOST_ROWS} keys", too_large=True)
    return tuple(map(_read_row, rows))


def _json(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise ImportUnreadable("it is no JSON") from None


def _read_row(row: Any) -> ToldKey | str:
    try:
        return msgspec.convert(row, ToldKey)
    except msgspec.ValidationError as error:
        return str(error)


def _row(entry: Entry) -> ToldKey:
    key, model = entry.key, entry.model
    return ToldKey(
        provider=key.vendor,
        api_key=key.secret,
        models=() if model is None else (model.id,),
        base_url=key.base_url,
        label=key.label,
        capabilities=(Capability.CHAT,) if model is None else model.capabilities,
        wire=key.wire,
        allow_private=key.allow_private,
        status=KeyStatus.DISABLED.value if entry.status is KeyStatus.DISABLED else None,
    )
