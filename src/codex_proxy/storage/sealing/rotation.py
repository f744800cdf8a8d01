"""A new key takes over: it seals everything anew, then the old ones go.

Rules of this file: the old keys stay until nothing is sealed with them any more; killed at any point, the next rotation
goes on where this one was, and meanwhile every value opens.  One rotation at a time: two that made a key each would
lose one.
"""

import asyncio
from collections.abc import Awaitable, Callable

from codex_proxy.storage.file_locks import FileLock
from codex_proxy.storage.sealing.ring import KeyRing
from codex_proxy.storage.sealing.sources import KeySource, KeysUnusable


async def rotate(
    source: KeySource, *, new_key: Callable[[], bytes], reseal: Callable[[str], Awaitable[object]]
) -> None:
    """Make a key, seal with it and drop the others; ``reseal`` is told the key's id and seals everything there is.

    Where the owner keeps the keys, the new one has to stand before the old one already, and the owner drops the old
    one afterwards.

    Raises:
        KeysUnusable: the keys cannot be read or written, or another rotation is under way; nothing is lost.
        StoreUnusable: something cannot be sealed anew; the old keys stay.
    """
    lock = FileLock(source.lock_path)
    try:
        if not lock.try_take():
            raise KeysUnusable("another rotation of the keys is under way")
    except OSError as error:
        raise KeysUnusable(f"{lock.path} cannot be locked: {error.strerror}") from error
    try:
        keys = await asyncio.to_thread(source.read)
        if len(keys) == 1:
            keys = (new_key(), *keys)
            await asyncio.to_thread(source.replace, keys)
        await reseal(KeyRing(keys).key_ids[0])
        if source.is_ours:
            await asyncio.to_thread(source.replace, keys[:1])
    finally:
        lock.free()
