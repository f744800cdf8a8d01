"""Changes of vendor keys: adding, naming, switching, removing.

Rules of this file: an id is an entry's or its key's; a list of ids is bounded.  No change takes a base URL: a stored
key never goes to another address.  Source: spec, accounts, 6.3, 6.5.
"""

from litestar import delete, patch, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK

from codex_proxy.server.admin.vendor_keys.desk import KEY_PATH, KEYS_PATH, VendorKeyDesk
from codex_proxy.server.admin.vendor_keys.shapes import (
    EntryId,
    KeysAdded,
    KeysDeleted,
    ManyIds,
    NewKey,
    SetLabel,
    SetStatus,
    entry_views,
)
from codex_proxy.server.admin.wire.bodies import ControlRequest, Done, unknown_members


def changing_routes(desk: VendorKeyDesk) -> list[HTTPRouteHandler]:
    """The routes."""
    return [*_adding(desk), *_naming(desk), *_removing(desk)]


def _adding(desk: VendorKeyDesk) -> list[HTTPRouteHandler]:
    @post(KEYS_PATH, status_code=HTTP_200_OK, summary="Add a vendor key")
    async def add_vendor_key(request: ControlRequest, data: JSONBody[NewKey]) -> KeysAdded:
        """A key that is there already (same vendor, base URL, wire and secret) gets the models it lacks."""
        done = await desk.changes.add(data.told())
        return KeysAdded(
            added=done.added,
            updated=done.updated,
            failed=len(done.errors),
            keys=entry_views(done.keys),
            warnings=await unknown_members(request, NewKey),
        )

    return [add_vendor_key]


def _naming(desk: VendorKeyDesk) -> list[HTTPRouteHandler]:
    @patch(f"{KEY_PATH}/label", summary="Name a vendor key")
    async def label_vendor_key(request: ControlRequest, entry_id: EntryId, data: JSONBody[SetLabel]) -> Done:
        """The name is the key's, and so that of all its entries."""
        await desk.changes.label(entry_id, data.label)
        return Done(warnings=await unknown_members(request, SetLabel))

    @patch(f"{KEY_PATH}/status", summary="Switch a vendor key on or off")
    async def switch_vendor_key(request: ControlRequest, entry_id: EntryId, data: JSONBody[SetStatus]) -> Done:
        """For one entry, or by the key's id for all; ``active`` forgets an error and a cool-down."""
        await desk.changes.switch(entry_id, enabled=data.status == "active")
        return Done(warnings=await unknown_members(request, SetStatus))

    return [label_vendor_key, switch_vendor_key]


def _removing(desk: VendorKeyDesk) -> list[HTTPRouteHandler]:
    @post(f"{KEYS_PATH}/batch-delete", status_code=HTTP_200_OK, summary="Remove vendor keys")
    async def remove_vendor_keys(request: ControlRequest, data: JSONBody[ManyIds]) -> KeysDeleted:
        """At most 1,000 at once; a key goes with its last entry."""
        done = await desk.changes.remove_all(data.ids)
        return KeysDeleted(
            deleted=done.deleted, not_found=done.not_found, warnings=await unknown_members(request, ManyIds)
        )

    @delete(KEY_PATH, status_code=HTTP_200_OK, summary="Remove a vendor key")
    async def remove_vendor_key(entry_id: EntryId) -> Done:
        """One entry, or by the key's id all of it; a key goes with its last entry."""
        await desk.changes.remove(entry_id)
        return Done()

    return [remove_vendor_keys, remove_vendor_key]
