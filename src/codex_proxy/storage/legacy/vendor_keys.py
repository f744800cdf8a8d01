"""Taking over the third-party keys of the Node system that were kept in the same data directory, once.

Rules of this file: the file stays as it is, byte for byte; one that cannot be read is copied away, told about and tried
again at the next start, never taken for an empty one.  An entry that cannot be used is told about by its number, never
by a key, and holds up no other one.  Source: spec, accounts, 6.1; pitfalls, S-18.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec
from msgspec.structs import replace

from codex_proxy.storage.legacy.node_files import NodeFileUnreadable
from codex_proxy.storage.sql.marks import SqlMarks
from codex_proxy.storage.upkeep.quarantine import quarantine
from codex_proxy.vendors.key import VendorKey
from codex_proxy.vendors.store import VendorKeyStore
from codex_proxy.vendors.telling import InvalidKey, ToldKey

FILE: Final = "api-keys.json"
MARK: Final = "node_vendor_keys"
_LISTS: Final = ("keys", "entries", "apiKeys")

ReadKey: TypeAlias = Callable[[ToldKey], VendorKey]
"""The key that is told; raises ``InvalidKey``."""


class NodeKeyImport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of it: how many keys are new here or known already, and what did not come along.

    ``quarantined`` is the copy of a file that could not be read.
    """

    added: int = 0
    updated: int = 0
    skipped: tuple[str, ...] = ()
    quarantined: Path | None = None


async def import_node_keys(
    data_dir: Path, *, keys: VendorKeyStore, marks: SqlMarks, read_key: ReadKey, now: float
) -> NodeKeyImport | None:
    """Take over what lies in the data directory; None where there is nothing, or it was done before.

    ``now`` in epoch seconds.

    Raises:
        StoreUnusable: the store cannot be read or written; the next start goes on.
    """
    path = data_dir / FILE
    if await marks.has(MARK) or not await asyncio.to_thread(path.exists):
        return None
    try:
        found, skipped = parse_api_keys(await asyncio.to_thread(path.read_bytes), read_key)
    except (NodeFileUnreadable, OSError) as error:
        return await asyncio.to_thread(_put_away, path, getattr(error, "strerror", None) or str(error), now)
    kept = await keys.add(found)
    await marks.set(MARK, now=now)
    changed = {each.key.row_id: each for each in reversed(kept)}  # of several entries of one key the first tells
    added = sum(each.before is None for each in changed.values())
    return NodeKeyImport(added=added, updated=len(changed) - added, skipped=skipped)


def parse_api_keys(raw: bytes, read_key: ReadKey) -> tuple[tuple[VendorKey, ...], tuple[str, ...]]:
    """The keys in ``api-keys.json``, one for each entry, and why the others are not among them.

    Raises:
        NodeFileUnreadable: it is no such file.
    """
    keys, skipped = [], []
    for number, entry in enumerate(_entries(raw), start=1):
        try:
            keys.append(_key(entry, read_key))
        except (InvalidKey, msgspec.ValidationError) as error:
            skipped.append(f"{FILE}: key {number}: {error}")
    return tuple(keys), tuple(skipped)


def _entries(raw: bytes) -> list[Any]:
    try:
        content = msgspec.json.decode(raw)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise NodeFileUnreadable("it is no JSON") from error
    if isinstance(content, dict):
        content = next((content[name] for name in _LISTS if name in content), None)
    if not isinstance(content, list):
        raise NodeFileUnreadable("it holds no list of keys")
    return content


def _key(entry: Any, read_key: ReadKey) -> VendorKey:
    if not isinstance(entry, dict):
        raise InvalidKey("entry", "it is no object")
    model = entry.get("model")
    told = msgspec.convert({**entry, "models": [model] if model else []}, ToldKey)
    key = read_key(told)
    return replace(
        key,
        added_at=_time(entry, "addedAt") or key.added_at,
        last_used_at=_time(entry, "lastUsedAt"),
    )


def _time(entry: dict[str, Any], name: str) -> float | None:
    value = entry.get(name)
    try:
        return datetime.fromisoformat(value).timestamp() if isinstance(value, str) else None
    except ValueError:
        return None


def _put_away(path: Path, reason: str, now: float) -> NodeKeyImport:
    told = f"{FILE} cannot be read and nothing was taken from it: {reason}"
    try:
        copy = quarantine(path, now=now)
    except OSError:
        return NodeKeyImport(skipped=(told,))
    return NodeKeyImport(skipped=(f"{told}; a copy is kept in {copy.name}",), quarantined=copy)
