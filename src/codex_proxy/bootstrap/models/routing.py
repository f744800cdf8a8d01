"""From the settings, the catalogue and the vendors' keys to what a model name means and which models are shown.

Rules of this file: objects are made here, rules are elsewhere.  Everything is asked anew each time, since lists, keys
and their models change while the gateway runs.
"""

from collections.abc import Callable, Collection, Mapping

from codex_proxy.accounts.pool import AccountPool
from codex_proxy.accounts.quota.buckets import bucket_of_model
from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.bootstrap.models.vendors import Vendors
from codex_proxy.canonical.target import ModelFacts
from codex_proxy.gateway.ports import Clock
from codex_proxy.operations.catalogue.explaining import RouteExplaining, RouteParts
from codex_proxy.operations.catalogue.lists import ModelLists
from codex_proxy.operations.model_list import MayUse, ModelList, everything
from codex_proxy.routing.resolve import Resolver
from codex_proxy.routing.vendor_rows import VendorModel, by_id
from codex_proxy.settings.schema import Settings


class Routing:
    """What model names lead to."""

    def __init__(self, settings: Callable[[], Settings], lists: ModelLists, vendors: Vendors) -> None:
        self.lists = lists
        self._settings = settings
        self._vendors = vendors
        self._seen: tuple[VendorModel, ...] = ()
        self._known: Mapping[str, ModelFacts] = {}

    def resolver(self) -> Resolver:
        """The resolver of this moment."""
        settings, offers = self._settings(), self._vendors.offers()
        model = settings.model
        return Resolver(
            catalogue=self.lists.catalogue,
            aliases=model.aliases,
            default=model.default,
            image_host=model.image_host_model,
            offers=offers.models,
            vendors=offers.vendors,
            model_routing=settings.model_routing,
            vendor_models=self._vendor_models(),
            unknown=model.unknown,
        )

    def _vendor_models(self) -> Mapping[str, ModelFacts]:
        models = self._vendors.models()
        if models is not self._seen:
            self._seen, self._known = models, by_id(models)
        return self._known

    def explaining(self, pool: AccountPool, clock: Clock) -> RouteExplaining:
        """Who tells where names lead."""
        return RouteExplaining(
            RouteParts(
                resolver=self.resolver,
                plans_of=self.lists.plans_of,
                pool=pool,
                bucket_of=lambda slug: bucket_of_model(slug, table=self._settings().quota.model_buckets),
                vendor_keys=self._vendors.all_keys,
                clock=clock,
                notes_of=self.lists.notes_of,
            )
        )

    def model_list(self, may_use: MayUse = everything) -> ModelList:
        """The models that client keys are shown."""
        return ModelList(
            aliases=lambda: self._settings().model.aliases,
            resolver=self.resolver,
            variants=lambda: self._settings().models.list_variants,
            may_use=may_use,
            vendor_models=self._vendors.models,
        )


def refuse_unknown_vendors(model_routing: Mapping[str, str], known: Collection[str]) -> None:
    """See to it that every model is routed to a vendor there is.

    Raises:
        StartRefused: a vendor is neither a profile's name nor one of ``providers``.
    """
    for model, vendor in model_routing.items():
        if vendor not in known:
            raise StartRefused(
                f"model_routing.{model}: there is no vendor {vendor}; known are {', '.join(sorted(known))}"
            )
