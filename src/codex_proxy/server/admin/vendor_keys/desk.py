"""What the routes of vendor keys stand on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from codex_proxy.operations.accounts.views import PersistenceView
from codex_proxy.operations.vendor_keys.book import KeyBook
from codex_proxy.operations.vendor_keys.catalogue import VendorCatalogue
from codex_proxy.operations.vendor_keys.changes import KeyChanges
from codex_proxy.operations.vendor_keys.lists import ModelLists
from codex_proxy.server.security import Authenticator

KEYS_PATH: Final = "/auth/api-keys"
KEY_PATH: Final = f"{KEYS_PATH}/{{entry_id:str}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorKeyDesk:
    """The use cases; ``persistence`` tells whether changes are kept, ``notices`` what could not be taken over."""

    book: KeyBook
    changes: KeyChanges
    lists: ModelLists
    catalogue: VendorCatalogue
    authenticator: Authenticator
    persistence: Callable[[], PersistenceView]
    notices: Callable[[], tuple[str, ...]]
