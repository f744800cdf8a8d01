"""Programs that work on a store in a process of their own, to be killed or to run side by side.

Each line they print is a fact: what it tells had been kept when it was printed.
"""

import asyncio
import itertools
import sys
import time
from pathlib import Path

from codex_proxy.accounts.record import Identity, Secrets
from codex_proxy.accounts.store import NewAccount, Renewed
from codex_proxy.storage.opening import DATABASE_FILE, Stores, open_stores
from codex_proxy.storage.sealing.rotation import rotate
from codex_proxy.storage.sealing.sources import KeyFile, new_key
from tests.usage.samples import HOUR_AT, event

PREFIX = "row"


def row_name(number: int) -> str:
    """The id of an account."""
    return f"{PREFIX}{number:04}"


def refresh_token(row_id: str, number: int) -> str:
    """The refresh token of an account after so many refreshes."""
    return f"rt-{row_id}-{number}"


async def live(stores: Stores) -> None:
    """Add an account and refresh it twice, then the next one."""
    known = len((await stores.accounts.load()).changed)
    for number in itertools.count(known):
        row_id = row_name(number)
        await _add(stores, row_id)
        for refresh in (1, 2):
            await _refresh(stores, row_id, refresh)


async def add(stores: Stores, *, prefix: str, count: int) -> None:
    """Add accounts of one's own."""
    for number in range(count):
        await _add(stores, f"{prefix}{number:04}")


async def use_for_ever(stores: Stores, *, prefix: str) -> None:
    """Keep record after record, three at a time, each of them twice."""
    for number in itertools.count():
        told = [event(f"{prefix}-{number}-{each}", HOUR_AT + number, input_tokens=1) for each in range(3)]
        for _ in range(2):
            await stores.usage.keep(told)
            _tell(f"used {number}")


async def rotate_for_ever(stores: Stores, keys: KeyFile) -> None:
    """Change the key again and again."""
    for number in itertools.count():
        _tell(f"rotating {number}")
        await rotate(keys, new_key=new_key, reseal=stores.reseal)


async def main(place: str, data_dir: str, work: str, *words: str) -> None:
    """Open the store and do ``work``."""
    keys = KeyFile(Path(data_dir))
    where = place if "://" in place else Path(place) / DATABASE_FILE
    stores = await open_stores(where, keys=keys, now=time.time())
    _tell(f"opened {stores.health.ok} {stores.health.message}")
    try:
        match work:
            case "live":
                await live(stores)
            case "add":
                await add(stores, prefix=words[0], count=int(words[1]))
            case "use":
                await use_for_ever(stores, prefix=words[0])
            case "rotate":
                await rotate_for_ever(stores, keys)
            case "loaded":
                _tell(f"loaded {[word for word in words if word in sys.modules]}")
            case "hold":
                async with stores.locks.hold(words[0], wait_seconds=0.0) as held:
                    _tell(f"held {held}")
                    await asyncio.Event().wait()
            case _:
                raise ValueError(work)
    finally:
        await stores.close()


async def _add(stores: Stores, row_id: str) -> None:
    identity = Identity(issuer="https://issuer.test", account_id=row_id, user_id="user")
    secrets = Secrets(access_token=f"at-{row_id}-0", refresh_token=refresh_token(row_id, 0))
    await stores.accounts.put(NewAccount(row_id=row_id, identity=identity, secrets=secrets), now=time.time())
    _tell(f"has {row_id} 0")


async def _refresh(stores: Stores, row_id: str, number: int) -> None:
    intent = await stores.accounts.begin_refresh(row_id, generation=number - 1, now=time.time())
    if intent is None:
        raise AssertionError(row_id)
    _tell(f"began {row_id} {number}")
    secrets = Secrets(access_token=f"at-{row_id}-{number}", refresh_token=refresh_token(row_id, number))
    await stores.accounts.finish_refresh(intent, Renewed(secrets=secrets), now=1.0)
    _tell(f"has {row_id} {number}")


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
