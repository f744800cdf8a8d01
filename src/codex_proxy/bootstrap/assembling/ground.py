"""What a gateway stands on, before anything of it is made."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from codex_proxy.bootstrap.clock import RandomIds, SystemClock
from codex_proxy.bootstrap.control.access_files import AccessFiles
from codex_proxy.bootstrap.key_ring import KeyRing
from codex_proxy.bootstrap.live.followers import Followers
from codex_proxy.bootstrap.secrecy.known import KnownSecrets
from codex_proxy.gateway.ports import Observer
from codex_proxy.operations.settings.book import SettingsBook
from codex_proxy.settings.schema import Settings
from codex_proxy.storage.opening import Stores
from codex_proxy.storage.picture_files import PictureFiles
from codex_proxy.vendors.key import VendorKey

ReportDefect = Callable[[str, Exception], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a gateway stands on: settings, stores, keys, kept pictures, and who to tell.

    ``settings`` are those of the start; ``followers.live`` are those in force, which ``book`` changes.
    ``report_trouble`` is for what goes wrong outside and is tried again, ``report_defect`` for what should not happen.
    ``known`` are the secrets that must not be told.
    """

    settings: Settings
    followers: Followers
    book: SettingsBook
    stores: Stores
    keys: KeyRing
    access: AccessFiles
    inference_key: str | None
    data_dir: Path
    installation_id: str
    pictures: PictureFiles
    clock: SystemClock
    ids: RandomIds
    observers: tuple[Observer, ...]
    report_defect: ReportDefect
    report_trouble: ReportDefect
    configured_vendor_keys: tuple[VendorKey, ...] = ()
    known: KnownSecrets = field(default_factory=KnownSecrets)
