"""Looking at vendor keys: the vendors there are, the keys that are kept, the models that a vendor lists.

Rules of this file: keys are masked; a list of models is asked for with the key at hand and nowhere but at the address
it is for.  Source: spec, accounts, 6.3.
"""

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK

from codex_proxy.server.admin.vendor_keys.desk import KEY_PATH, KEYS_PATH, VendorKeyDesk
from codex_proxy.server.admin.vendor_keys.shapes import (
    AskedAgain,
    AskedList,
    CatalogueView,
    EntryId,
    EntryList,
    ModelNames,
    catalogue_view,
    entry_views,
    model_views,
)


def listing_routes(desk: VendorKeyDesk) -> list[HTTPRouteHandler]:
    """The routes."""

    @get(f"{KEYS_PATH}/catalog", sync_to_thread=False, summary="Vendors")
    def vendor_catalogue() -> CatalogueView:
        """Every known vendor with the models to offer: its profile's, and those it listed within a week."""
        return catalogue_view(desk.catalogue.vendors())

    @get(KEYS_PATH, sync_to_thread=False, summary="Vendor keys")
    def vendor_keys() -> EntryList:
        """One entry for each key and model, those of ``local.yaml`` first; keys are masked."""
        return EntryList(
            keys=entry_views(desk.book.all_keys()), persistence_health=desk.persistence(), notices=desk.notices()
        )

    @post(
        f"{KEYS_PATH}/models", status_code=HTTP_200_OK, may_fail=(502,), summary="Models that a vendor lists for a key"
    )
    async def vendor_models(data: JSONBody[AskedList]) -> ModelNames:
        """Asked of the vendor with this key and remembered for a week; 401 where the vendor does not know the key."""
        key = desk.changes.read(data.told())
        return ModelNames(models=model_views(await desk.lists.ask(key, fresh=data.fresh)))

    @post(
        f"{KEY_PATH}/models",
        status_code=HTTP_200_OK,
        may_fail=(502,),
        summary="Models that a vendor lists for a kept key",
    )
    async def kept_key_models(entry_id: EntryId, data: JSONBody[AskedAgain | None] = None) -> ModelNames:
        """The same for a key that is kept already or stands in ``local.yaml``."""
        key, wanted = desk.book.find(entry_id), data or AskedAgain()
        return ModelNames(models=model_views(await desk.lists.ask(key, fresh=wanted.fresh)))

    return [vendor_catalogue, vendor_keys, vendor_models, kept_key_models]
