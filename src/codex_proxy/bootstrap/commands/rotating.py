"""Sealing everything that is kept with a new key, while gateways run on the same data directory or while none does.

Rules of this file: the old key goes only when nothing is sealed with it any more; whoever is stopped in between goes on
where that was, the next time.
"""

import asyncio
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.bootstrap.accounts.opening import key_source, open_account_stores
from codex_proxy.bootstrap.clock import SystemClock
from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.operations.access.kept import AdminUnreadable
from codex_proxy.operations.client_keys import KeysUnreadable
from codex_proxy.settings.load import LoadedSettings
from codex_proxy.storage.access_file import AccessFile
from codex_proxy.storage.dashboard.admin_file import AdminFile
from codex_proxy.storage.opening import Stores
from codex_proxy.storage.sealing.rotation import rotate
from codex_proxy.storage.sealing.sources import KeySource, KeysUnusable, new_key


async def rotate_sealing_key(loaded: LoadedSettings, environ: Mapping[str, str]) -> None:
    """Make a key, seal with it everything in the data directory and the store, and drop the others.

    Raises:
        StartRefused: something could not be sealed anew; the old key stays, and nothing is lost.
    """
    storage, data_dir = loaded.settings.storage, loaded.data_dir
    keys = key_source(storage, data_dir=data_dir, environ=environ)
    stores = await open_account_stores(storage, data_dir=data_dir, keys=keys, now=SystemClock().now())
    try:
        if not stores.health.ok:
            raise StartRefused(f"the store cannot be used: {stores.health.message or stores.health.reason}")
        await rotate(keys, new_key=new_key, reseal=partial(_reseal, stores, data_dir, keys))
    except (KeysUnusable, StoreUnusable, KeysUnreadable, AdminUnreadable) as error:
        raise StartRefused(f"the sealing key stays as it is: {error}") from error
    finally:
        await stores.close()


async def _reseal(stores: Stores, data_dir: Path, keys: KeySource, key_id: str) -> None:
    await stores.reseal(key_id)
    await asyncio.to_thread(AccessFile(data_dir, keys).reseal)
    await asyncio.to_thread(AdminFile(data_dir, keys).reseal)
