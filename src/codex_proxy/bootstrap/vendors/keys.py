"""Vendor keys put together: where they are kept, who changes them, what is asked with them, and what keeps them up.

Rules of this file: objects are made here, rules are elsewhere.  A store that cannot be read is no reason not to serve
with the keys of the configuration.
"""

import secrets
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.bootstrap.clock import SystemClock
from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.bootstrap.outgoing.vendors import VendorCalls
from codex_proxy.bootstrap.vendors.configured import configured_keys
from codex_proxy.bootstrap.vendors.profiles import packaged_profiles, with_owners
from codex_proxy.jobs.standing import LastWrite, StandingJob, going_on, patiently, written_at_end
from codex_proxy.operations.vendor_keys.book import FOLLOW_SECONDS, WRITE_SECONDS, BookParts, KeyBook
from codex_proxy.operations.vendor_keys.catalogue import VendorCatalogue
from codex_proxy.operations.vendor_keys.changes import ChangeParts, KeyChanges
from codex_proxy.operations.vendor_keys.lists import ListParts, ModelLists
from codex_proxy.settings.providers import CUSTOM_PREFIX, ProviderEntry
from codex_proxy.settings.schema import Settings
from codex_proxy.storage.legacy.vendor_keys import import_node_keys
from codex_proxy.storage.opening import Stores
from codex_proxy.storage.vendors.lists_file import ListsFile
from codex_proxy.transports.vendors.base_urls import BaseUrls
from codex_proxy.vendors.key import VendorKey
from codex_proxy.vendors.profile import ProfileError
from codex_proxy.vendors.telling import Profiles

ROW_ID_BYTES: Final = 8
_IMPORT: Final = "taking over the vendor keys of another gateway"


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorKeyGround:
    """What the services stand on; ``complain`` hears of what went wrong and goes on."""

    settings: Settings
    stores: Stores
    data_dir: Path
    profiles: Profiles
    configured: Sequence[VendorKey]
    calls: VendorCalls
    clock: SystemClock
    complain: Callable[[str, Exception], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorKeyServices:
    """What keeps and changes vendor keys; ``book.pool`` chooses among them, ``notices`` are for their owner."""

    ground: VendorKeyGround
    book: KeyBook
    changes: KeyChanges
    lists: ModelLists
    catalogue: VendorCatalogue
    notices: list[str] = field(default_factory=list)


def profiles_of(settings: Settings) -> Profiles:
    """The packaged profiles, and one for each entry of the owner's configuration.  Raises ``StartRefused``."""
    _refuse_strangers(settings.providers)
    told = {name.removeprefix(CUSTOM_PREFIX): entry.profile_members() for name, entry in settings.providers.items()}
    try:
        return with_owners(told)
    except ProfileError as error:
        raise StartRefused(f"providers.{error}") from error


def _refuse_strangers(providers: Mapping[str, ProviderEntry]) -> None:
    """See to it that an entry which says nothing of its vendor is called like one; raises ``StartRefused``."""
    known = packaged_profiles()
    for name, entry in providers.items():
        if name in known or name.startswith(CUSTOM_PREFIX) or entry.base_url or entry.profile:
            continue
        near = get_close_matches(name, known, n=1)
        hint = f"; did you mean {near[0]}?" if near else f"; known are {', '.join(known)}"
        raise StartRefused(f"providers.{name}: there is no such vendor, and one of your own needs a base_url{hint}")


def keys_of_settings(settings: Settings, environ: Mapping[str, str]) -> tuple[VendorKey, ...]:
    """The keys that the settings name.  Raises ``StartRefused``."""
    return configured_keys(
        settings.providers, environ=environ, profiles=profiles_of(settings), addresses=_base_urls(settings)
    )


def vendor_key_services(ground: VendorKeyGround) -> VendorKeyServices:
    """The services; ``load`` them before anybody asks."""

    async def gone(row_ids: Collection[str]) -> None:
        await ground.calls.clients.retire(row_ids)

    book = KeyBook(BookParts(store=ground.stores.vendor_keys, configured=ground.configured, gone=gone))
    changes = KeyChanges(
        ChangeParts(
            book=book,
            profiles=ground.profiles,
            addresses=_base_urls(ground.settings),
            now=ground.clock.now,
            new_id=lambda: secrets.token_hex(ROW_ID_BYTES),
        )
    )
    lists = ModelLists(
        ListParts(
            transport=ground.calls.transport,
            route_of=ground.calls.vendor_route,
            keeper=ListsFile(ground.data_dir),
            profiles=ground.profiles,
            clock=ground.clock,
            complain=ground.complain,
        )
    )
    return VendorKeyServices(
        ground=ground,
        book=book,
        changes=changes,
        lists=lists,
        catalogue=VendorCatalogue(profiles=ground.profiles, lists=lists),
    )


async def load(services: VendorKeyServices) -> None:
    """Take in what is kept, and once what another gateway kept in the data directory."""
    for key in services.ground.configured:
        if key.reason is not None:
            services.ground.complain("a vendor key of the configuration", ValueError(key.reason))
    await services.lists.load()
    if not services.ground.stores.health.ok:
        return  # told with the accounts, which are in the same store
    try:
        await _import_node_keys(services)
        await services.book.load()
    except StoreUnusable as error:
        services.ground.complain("vendor keys are not loaded", error)


@asynccontextmanager
async def upkeep(services: VendorKeyServices) -> AsyncIterator[None]:
    """Keep the keys followed and written while the block runs; at its end everything is written."""
    if not services.ground.stores.health.ok:
        yield
        return
    ground, book = services.ground, services.book
    jobs = (
        StandingJob("following vendor keys", book.follow, patiently(FOLLOW_SECONDS), ground.complain),
        StandingJob("writing vendor keys", book.write, patiently(WRITE_SECONDS), ground.complain),
    )
    last = LastWrite("vendor keys are not written", book.write, ground.complain)
    async with written_at_end([last]), going_on(jobs, clock=ground.clock):
        yield


def _base_urls(settings: Settings) -> BaseUrls:
    return BaseUrls(allow_private=settings.security.allow_private_upstreams)


async def _import_node_keys(services: VendorKeyServices) -> None:
    ground = services.ground
    done = await import_node_keys(
        ground.data_dir,
        keys=ground.stores.vendor_keys,
        marks=ground.stores.marks,
        read_key=services.changes.read,
        now=ground.clock.now(),
    )
    for told in done.skipped if done is not None else ():
        ground.complain(_IMPORT, ValueError(told))
        services.notices.append(told)
