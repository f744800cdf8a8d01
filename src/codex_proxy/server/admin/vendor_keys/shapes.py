"""What the endpoints of vendor keys take and give, as JSON.

Rules of this file: names are the wire's; but for the export no answer holds a key; times are ISO 8601.
Source: spec, accounts, 6.
"""

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal, TypeAlias

import msgspec
from litestar.params import PathParameter

from codex_proxy.operations.accounts.views import PersistenceView
from codex_proxy.operations.transfer.times import iso
from codex_proxy.operations.vendor_keys.catalogue import ListedVendor
from codex_proxy.server.admin.wire.bodies import MOST_IDS, AnyId, Done
from codex_proxy.vendors.entries import Entry, entries_of
from codex_proxy.vendors.key import KeySource, KeyStatus, VendorKey
from codex_proxy.vendors.profile import Capability, SuggestedModel, Wire
from codex_proxy.vendors.telling import ToldKey, ToldModel

EntryId: TypeAlias = Annotated[
    str, PathParameter(pattern=r"^[\w.-]{1,128}$", description="An entry's id, or its key's for all of its entries.")
]


class EntryView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A key for one model.

    ``apiKey`` is masked.  ``keyId`` is the same for all entries of one key.  ``reason`` is what the vendor said last
    against the key, ``coolingUntil`` until when it rests.  ``name`` is what the configuration calls a key of its own,
    whose ``source`` is ``settings``.
    """

    id: str
    provider: str
    model: str | None
    api_key: str
    base_url: str
    label: str | None
    capabilities: tuple[Capability, ...]
    wire: Wire
    status: KeyStatus
    added_at: str | None
    last_used_at: str | None
    key_id: str
    display_name: str
    reason: str | None
    cooling_until: str | None
    allow_private: bool
    source: KeySource
    name: str | None


class EntryList(msgspec.Struct, frozen=True, kw_only=True):
    """Every entry; ``notices`` tell what could not be taken over from other files."""

    keys: tuple[EntryView, ...]
    persistence_health: PersistenceView
    notices: tuple[str, ...]


class ModelView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A model to offer, and what it can probably be asked for."""

    id: str
    display_name: str
    capabilities: tuple[Capability, ...]


class ModelNames(msgspec.Struct, frozen=True, kw_only=True):
    """What a vendor lists."""

    models: tuple[ModelView, ...]


class VendorView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A vendor.

    ``defaultBaseUrl`` is null where only the owner knows it; ``baseUrlForm`` then shows what it looks like.  The first
    of ``wires`` is the default.  A vendor that ``isLocal`` needs no key.
    """

    display_name: str
    default_base_url: str | None
    base_url_form: str | None
    wires: tuple[Wire, ...]
    capabilities: tuple[Capability, ...]
    is_local: bool
    models: tuple[ModelView, ...]


class CatalogueView(msgspec.Struct, frozen=True, kw_only=True):
    """Vendors by the name that keys and model prefixes use."""

    catalog: dict[str, VendorView]


class NewKey(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A key with the models it is for; what is left out comes from the vendor's profile.

    ``allowPrivate`` lets the base URL lead to a private address.
    """

    provider: str
    api_key: str = ""
    models: tuple[str | ToldModel, ...] = ()
    base_url: str | None = None
    label: str | None = None
    capabilities: tuple[Capability, ...] | None = None
    wire: Wire | None = None
    allow_private: bool = False

    def __repr__(self) -> str:
        return f"NewKey(provider={self.provider!r})"

    def told(self) -> ToldKey:
        """What was told."""
        return ToldKey(**msgspec.structs.asdict(self))


class AskedList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Whose models are wanted, and the key to ask with; ``fresh`` asks although they are remembered."""

    provider: str
    api_key: str = ""
    base_url: str | None = None
    wire: Wire | None = None
    allow_private: bool = False
    fresh: bool = False

    def __repr__(self) -> str:
        return f"AskedList(provider={self.provider!r})"

    def told(self) -> ToldKey:
        """The key, for no model."""
        members = msgspec.structs.asdict(self)
        del members["fresh"]
        return ToldKey(**members)


class AskedAgain(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the vendor is asked although its models are remembered."""

    fresh: bool = False


class KeysAdded(Done, frozen=True, kw_only=True):
    """Entries that are new, those that were there already, and the key's entries as they are now."""

    added: int
    updated: int
    failed: int
    keys: tuple[EntryView, ...]


class KeysImported(Done, frozen=True, kw_only=True):
    """Entries that are new, those that were there already, and why other rows are none."""

    added: int
    updated: int
    failed: int
    errors: tuple[str, ...]


class ManyIds(msgspec.Struct, frozen=True, kw_only=True):
    """Ids of entries or keys."""

    ids: Annotated[tuple[AnyId, ...], msgspec.Meta(min_length=1, max_length=MOST_IDS)]


class KeysDeleted(Done, frozen=True, kw_only=True, rename="camel"):
    """How many entries went, and the ids of which there is none."""

    deleted: int
    not_found: tuple[str, ...]


class SetLabel(msgspec.Struct, frozen=True, kw_only=True):
    """What the owner calls the key, at most 64 characters; null for nothing."""

    label: str | None


class SetStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Whether it is to be used; ``active`` forgets what stood in its way."""

    status: Literal["active", "disabled"]


class KeyRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A row of an export; what is left out is not so."""

    provider: str
    models: tuple[str, ...]
    api_key: str
    base_url: str | None
    label: str | None
    capabilities: tuple[Capability, ...]
    wire: Wire | None
    allow_private: bool | msgspec.UnsetType = msgspec.UNSET
    status: str | msgspec.UnsetType = msgspec.UNSET

    def __repr__(self) -> str:
        return f"KeyRow(provider={self.provider!r})"


class KeyFile(msgspec.Struct, frozen=True, kw_only=True):
    """An export."""

    keys: tuple[KeyRow, ...]


def entry_views(keys: Iterable[VendorKey]) -> tuple[EntryView, ...]:
    """Every entry of these keys."""
    return tuple(_entry_view(entry) for key in keys for entry in entries_of(key))


def key_row(told: ToldKey) -> KeyRow:
    """A key as an export tells it."""
    return KeyRow(
        provider=told.provider,
        models=tuple(model if isinstance(model, str) else model.id for model in told.models),
        api_key=told.api_key,
        base_url=told.base_url,
        label=told.label,
        capabilities=told.capabilities or (),
        wire=told.wire,
        allow_private=told.allow_private or msgspec.UNSET,
        status=told.status or msgspec.UNSET,
    )


def model_views(models: Iterable[SuggestedModel]) -> tuple[ModelView, ...]:
    """Models as they are shown."""
    return tuple(
        ModelView(id=model.id, display_name=model.display_name or model.id, capabilities=model.capabilities)
        for model in models
    )


def catalogue_view(vendors: Sequence[ListedVendor]) -> CatalogueView:
    """Vendors as they are shown."""
    return CatalogueView(catalog={vendor.profile.name: _vendor_view(vendor) for vendor in vendors})


def _vendor_view(vendor: ListedVendor) -> VendorView:
    profile = vendor.profile
    return VendorView(
        display_name=profile.display_name,
        default_base_url=vendor.base_url,
        base_url_form=profile.base_url_form,
        wires=tuple(wire.wire for wire in profile.wires),
        capabilities=profile.capabilities,
        is_local=profile.is_local,
        models=model_views(vendor.models),
    )


def _entry_view(entry: Entry) -> EntryView:
    key, model = entry.key, entry.model
    is_configured = key.source is KeySource.SETTINGS
    return EntryView(
        id=entry.id,
        provider=key.vendor,
        model=None if model is None else model.id,
        api_key=key.masked,
        base_url=key.base_url,
        label=key.label,
        capabilities=() if model is None else model.capabilities,
        wire=key.wire,
        status=entry.status,
        added_at=None if is_configured else iso(key.added_at),
        last_used_at=None if key.last_used_at is None else iso(key.last_used_at),
        key_id=key.row_id,
        display_name="" if model is None else model.display_name or model.id,
        reason=key.reason,
        cooling_until=None if key.cooling_until is None else iso(key.cooling_until),
        allow_private=key.allow_private,
        source=key.source,
        name=key.name,
    )
