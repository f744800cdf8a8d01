"""What the vendors' keys offer, as routing and model lists want it.

Rules of this file: objects are made here, rules are elsewhere.  A key that the owner disabled, or a model of it,
offers nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from codex_proxy.routing.vendor_rows import VendorModel
from codex_proxy.vendors.key import KeyStatus, VendorKey
from codex_proxy.vendors.profile import VendorProfile


class Offered(Protocol):
    """What the vendors' keys offer together: vendors by model id, and the names with a key."""

    @property
    def models(self) -> Mapping[str, tuple[str, ...]]: ...

    @property
    def vendors(self) -> frozenset[str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Offering:
    """Implements ``Offered``; as it stands, there is no key."""

    models: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    vendors: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendors:
    """What is known of the vendors' keys: their offers, their models as they are listed, and the keys themselves.

    Offers and models are asked for every request; ``models`` gives the same tuple until something changed.
    """

    offers: Callable[[], Offered] = Offering
    models: Callable[[], tuple[VendorModel, ...]] = tuple
    all_keys: Callable[[], Iterable[VendorKey]] = tuple


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorGround:
    """What vendors are known from: the keys, what they offer (another object when it changed), profiles by name."""

    all_keys: Callable[[], Iterable[VendorKey]]
    offers: Callable[[], Offered]
    profiles: Mapping[str, VendorProfile]


def vendors_of(ground: VendorGround) -> Vendors:
    """What these keys offer, with what the vendors' profiles know of the models."""
    return Vendors(offers=ground.offers, models=_Listed(ground), all_keys=ground.all_keys)


class _Listed:
    """The models of all keys, made anew when the offers are another object."""

    def __init__(self, ground: VendorGround) -> None:
        self._ground = ground
        self._seen: Offered | None = None
        self._models: tuple[VendorModel, ...] = ()

    def __call__(self) -> tuple[VendorModel, ...]:
        offers = self._ground.offers()
        if offers is not self._seen:
            keys = [key for key in self._ground.all_keys() if key.status is not KeyStatus.DISABLED]
            self._seen, self._models = offers, tuple(model for key in keys for model in self._of(key))
        return self._models

    def _of(self, key: VendorKey) -> Iterator[VendorModel]:
        profile = self._ground.profiles.get(key.vendor)
        for model in key.models:
            if model.enabled:
                yield VendorModel(
                    id=model.id,
                    vendor=key.called,
                    display_name=model.display_name,
                    capabilities=tuple(capability.value for capability in model.capabilities),
                    known=None if profile is None else profile.facts_of(model.id),
                )
