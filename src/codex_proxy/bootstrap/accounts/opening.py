"""Opening what keeps accounts, as the settings say.

Rules of this file: a store that cannot be used is no reason not to start: what is wrong is shown, and nothing is
written.  A key that the settings name and that is not there is one.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.settings.schema import StorageSection
from codex_proxy.storage.file_locks import LOCKS_FOLDER
from codex_proxy.storage.opening import DATABASE_FILE, Stores, open_stores
from codex_proxy.storage.sealing.sources import GivenKeys, KeyFile, KeySource, KeysUnusable, SystemKeyring

if TYPE_CHECKING:
    from codex_proxy.storage.sealing.sources import PasswordStore

SECRET_KEY_VARIABLE: Final = "CODEX_PROXY_SECRET_KEY"
_KEYS_LOCK: Final = "keys.lock"


async def open_account_stores(
    settings: StorageSection,
    *,
    data_dir: Path,
    keys: KeySource,
    now: float,
    learn: Callable[[str], None] = lambda _: None,
) -> Stores:
    """The stores; close them at the end.

    ``keys`` are those of ``key_source``, ``now`` is epoch seconds; ``learn`` hears every secret that is kept.
    """
    return await open_stores(_place(settings, data_dir), keys=keys, now=now, learn=learn)


def _place(settings: StorageSection, data_dir: Path) -> Path | str:
    """Where accounts are kept: a file, or the URL of a PostgreSQL."""
    return settings.database_url or data_dir / DATABASE_FILE


def key_source(settings: StorageSection, *, data_dir: Path, environ: Mapping[str, str]) -> KeySource:
    """Where the keys are that seal secrets; raises ``StartRefused``."""
    lock_path = data_dir / LOCKS_FOLDER / _KEYS_LOCK
    try:
        match settings.key_source:
            case "file":
                return KeyFile(data_dir)
            case "environment":
                text = environ.get(SECRET_KEY_VARIABLE, "")
                return GivenKeys(text, where=SECRET_KEY_VARIABLE, lock_path=lock_path)
            case "keyring":
                return _system_keyring(data_dir, lock_path)
    except KeysUnusable as error:
        raise StartRefused(f"storage.key_source: {error}") from error


def _system_keyring(data_dir: Path, lock_path: Path) -> KeySource:
    try:
        backend = import_module("keyring")  # an extra, and slow to load: only where it is wanted
    except ImportError as error:
        raise StartRefused("storage.key_source is keyring; install codex-proxy[keyring] for it") from error
    failures = (backend.errors.KeyringError,)
    return SystemKeyring(
        cast("PasswordStore", backend), name=str(data_dir.resolve()), lock_path=lock_path, failures=failures
    )
