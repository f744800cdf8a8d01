"""Opening stores: new ones, kept ones, and those that cannot be used."""

import asyncio
import contextlib
import os
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from codex_proxy.accounts.keeping import LoadFailure, PersistenceHealth
from codex_proxy.accounts.record import Identity, Secrets
from codex_proxy.accounts.store import Edit, NewAccount, StoreUnusable
from codex_proxy.storage.opening import DATABASE_FILE, Stores, open_stores
from codex_proxy.storage.sealing.sources import KeyFile, new_key
from tests.stores.places import NOW, opened

NEW = NewAccount(row_id="a", identity=Identity(issuer="i", account_id="acc"), secrets=Secrets(access_token="at"))
NOBODY = 65534


async def filled(folder: Path) -> Path:
    """A store with an account in it."""
    async with opened(folder, folder=folder) as stores:
        await stores.accounts.put(NEW, now=1.0)
    return folder / DATABASE_FILE


async def refused(folder: Path) -> PersistenceHealth:
    """What is told of a store that cannot be used, after everything was tried on it."""
    async with opened(folder, folder=folder) as stores:
        for asked in (
            stores.accounts.load(),
            stores.affinity.load(limit=1),
            stores.cookies.load(),
            stores.egress.load(),
        ):
            with pytest.raises(StoreUnusable, match="cannot be used"):
                await asked
        for change in (stores.accounts.put(NEW, now=1.0), stores.egress.put([]), stores.marks.set("x", now=1.0)):
            with pytest.raises(StoreUnusable, match="cannot be used"):
                await change
        return stores.health


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_a_20_everything_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    async with opened(folder, folder=folder) as stores:
        await stores.accounts.put(NEW, now=1.0)
        names = [DATABASE_FILE, f"{DATABASE_FILE}-shm", f"{DATABASE_FILE}-wal", "secret.key"]
        assert sorted(files_in(folder)) == names
        assert [mode_of(folder / name) for name in names] == [0o600] * 4
        assert mode_of(folder) == 0o700


async def test_modes_that_were_widened_are_narrowed(tmp_path: Path) -> None:
    path = await filled(tmp_path)
    path.chmod(0o644)
    async with opened(tmp_path, folder=tmp_path) as stores:
        await stores.accounts.put(NEW, now=1.0)
        assert [mode_of(tmp_path / name) for name in files_in(tmp_path) if name.startswith(DATABASE_FILE)] == [
            0o600
        ] * 3


async def test_two_first_starts_at_once_make_one_store(tmp_path: Path) -> None:
    async with contextlib.AsyncExitStack() as stack:
        both = await asyncio.gather(
            *(stack.enter_async_context(opened(tmp_path / "data", folder=tmp_path / "data")) for _ in range(4))
        )
        assert [stores.health for stores in both] == [PersistenceHealth()] * 4
        await both[0].accounts.put(NEW, now=1.0)
        assert [len((await stores.accounts.load()).changed) for stores in both] == [1] * 4


def truncate(path: Path) -> None:
    path.write_bytes(b"")


def halve(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def scribble(path: Path) -> None:
    path.write_bytes(b"not a database at all" * 1000)


def damage_pages(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096 : 4096 * 6] = b"\xa5" * (4096 * 5)
    path.write_bytes(content)


def another_program(path: Path) -> None:
    path.unlink()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE accounts (id TEXT)")


def newer_schema(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()


def another_key(path: Path) -> None:
    KeyFile(path.parent).replace([new_key()])


def lost_key(path: Path) -> None:
    (path.parent / "secret.key").unlink()


def lost_but_for_its_wal(path: Path) -> None:
    path.with_name(f"{DATABASE_FILE}-wal").write_bytes(path.read_bytes())
    path.unlink()


DAMAGES = (
    truncate,
    halve,
    scribble,
    damage_pages,
    another_program,
    newer_schema,
    another_key,
    lost_key,
    lost_but_for_its_wal,
)


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_01_a_store_that_cannot_be_used_is_copied_away_and_left_alone(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    path = await filled(tmp_path)
    damage(path)
    before = files_in(tmp_path)
    health = await refused(tmp_path)
    assert (health.ok, health.reason, health.quarantined) == (False, LoadFailure.QUARANTINED, True)
    assert health.message is not None
    assert health.message.startswith(f"{DATABASE_FILE} cannot be used: ")
    assert health.backup_path is not None
    copy = Path(health.backup_path.removesuffix("-wal"))
    assert copy.name.startswith(f"{DATABASE_FILE}.corrupt-2026-")
    after = files_in(tmp_path)
    assert after | before == after
    copied = {name.removeprefix(copy.name): content for name, content in after.items() if name.startswith(copy.name)}
    original = {
        name.removeprefix(DATABASE_FILE): content
        for name, content in before.items()
        if name in {DATABASE_FILE, f"{DATABASE_FILE}-wal"}
    }
    assert copied == original
    assert await refused(tmp_path) == health
    assert files_in(tmp_path) == after


async def test_a_store_that_was_moved_away_makes_room_for_a_new_one(tmp_path: Path) -> None:
    path = await filled(tmp_path)
    another_key(path)
    assert not (await refused(tmp_path)).ok
    path.rename(tmp_path / "moved")
    async with opened(tmp_path, folder=tmp_path) as stores:
        assert (stores.health.ok, (await stores.accounts.load()).changed) == (True, ())


async def test_a_01_what_lay_in_the_wal_of_a_killed_process_is_copied_too(tmp_path: Path) -> None:
    path = await filled(tmp_path)
    wal = path.with_name(f"{DATABASE_FILE}-wal")
    async with opened(tmp_path, folder=tmp_path) as stores:
        await stores.accounts.put(NEW, now=1.0)
        await stores.marks.set("x", now=1.0)
        content = wal.read_bytes()
    wal.write_bytes(content)
    another_key(path)
    health = await refused(tmp_path)
    assert wal.read_bytes() == content
    assert files_in(tmp_path)[f"{Path(health.backup_path or '').name}-wal"] == content


async def test_a_20_a_torn_end_of_the_wal_costs_the_last_change_at_most(tmp_path: Path) -> None:
    wal_name = f"{DATABASE_FILE}-wal"
    async with opened(tmp_path, folder=tmp_path) as stores:
        await stores.accounts.put(NEW, now=1.0)
        whole_bytes = len(files_in(tmp_path)[wal_name])
        await stores.accounts.edit("a", Edit(label="last"))
        left = files_in(tmp_path)
    assert len(left[wal_name]) > whole_bytes
    for cut_bytes in (0, 1, 500, len(left[wal_name]) - whole_bytes):
        folder = tmp_path / str(cut_bytes)
        folder.mkdir()
        for name, content in left.items():
            (folder / name).write_bytes(content[:-cut_bytes] if cut_bytes and name == wal_name else content)
        (folder / f"{DATABASE_FILE}-shm").unlink()
        async with opened(folder, folder=folder) as stores:
            (record,) = (await stores.accounts.load()).changed
            assert record.label == (None if cut_bytes else "last")
            assert await stores.accounts.secrets("a") == NEW.secrets


@contextlib.contextmanager
def without_privileges(folder: Path) -> Iterator[None]:
    """Without root's right to read everything, where the tests run as root."""
    is_root = os.geteuid() == 0
    if is_root:
        for path in (folder, *folder.iterdir()):
            os.chown(path, NOBODY, NOBODY)
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


async def test_a_01_a_store_that_may_not_be_read_is_left_alone() -> None:
    folder = Path(tempfile.mkdtemp(prefix="codex-proxy-test-"))
    try:
        path = await filled(folder)
        before = files_in(folder)
        path.chmod(0o000)
        with without_privileges(folder):
            health = await refused(folder)
        assert (health.ok, health.reason, health.backup_path) == (False, LoadFailure.UNQUARANTINED, None)
        assert "Permission denied" in (health.message or "")
        path.chmod(0o600)
        assert files_in(folder) == before
        async with opened(folder, folder=folder) as stores:
            assert len((await stores.accounts.load()).changed) == 1
    finally:
        shutil.rmtree(folder)


async def test_a_place_that_is_no_file_is_told(tmp_path: Path) -> None:
    (tmp_path / DATABASE_FILE).mkdir()
    health = await refused(tmp_path)
    assert (health.reason, health.quarantined) == (LoadFailure.UNQUARANTINED, False)


async def test_keys_that_cannot_be_had_are_told_and_nothing_is_made(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text("no key")
    async with opened(tmp_path, folder=tmp_path) as stores:
        assert stores.health.reason is LoadFailure.UNQUARANTINED
        assert "secret.key" in (stores.health.message or "")
    assert list(files_in(tmp_path)) == ["secret.key"]


async def test_there_is_a_backup_before_the_schema_changes(tmp_path: Path) -> None:
    path = await filled(tmp_path)
    with contextlib.closing(sqlite3.connect(path)) as connection:  # as if an earlier program had made no step yet
        connection.execute("DELETE FROM alembic_version")
        connection.commit()
    before = path.read_bytes()
    async with opened(tmp_path, folder=tmp_path) as stores:
        # the step cannot be taken, as its tables are there: nothing may have changed
        assert stores.health.reason is LoadFailure.UNQUARANTINED
        assert "cannot be brought up to date" in (stores.health.message or "")
    assert path.read_bytes() == before
    (backup,) = (tmp_path / "backups").iterdir()
    with contextlib.closing(sqlite3.connect(backup)) as connection:
        assert connection.execute("SELECT row_id FROM accounts").fetchall() == [("a",)]


async def test_a_backup_that_was_put_back_is_a_store_again(tmp_path: Path) -> None:
    path = await filled(tmp_path)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    async with opened(tmp_path, folder=tmp_path) as one, opened(tmp_path, folder=tmp_path) as other:
        assert [stores.health.ok for stores in (one, other)] == [True, True]
        assert path.with_name(f"{DATABASE_FILE}-wal").exists()


@pytest.mark.parametrize("address", ["nonsense", "postgresql://user:secret@127.0.0.1:1/accounts"])
async def test_a_postgresql_that_is_not_there_is_told_without_its_password(tmp_path: Path, address: str) -> None:
    stores: Stores = await open_stores(address, keys=KeyFile(tmp_path), now=NOW)
    assert stores.health.reason is LoadFailure.UNQUARANTINED
    assert "secret" not in (stores.health.message or "")
    with pytest.raises(StoreUnusable, match="PostgreSQL"):
        await stores.accounts.load()
    await stores.close()
