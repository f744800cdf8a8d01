"""The vendors there are, with the models to offer for each.

Rules of this file: a profile's own suggestions come first, then what the vendor told at its own address; what was told
elsewhere belongs to that address and is no suggestion.
"""

import msgspec

from codex_proxy.operations.vendor_keys.lists import ModelLists
from codex_proxy.vendors.profile import SuggestedModel, VendorProfile
from codex_proxy.vendors.telling import Profiles


class ListedVendor(msgspec.Struct, frozen=True, kw_only=True):
    """A vendor and the models to offer; ``base_url`` None where only the owner knows it."""

    profile: VendorProfile
    base_url: str | None
    models: tuple[SuggestedModel, ...]


class VendorCatalogue:
    """Profiles and remembered lists as one."""

    def __init__(self, *, profiles: Profiles, lists: ModelLists) -> None:
        self._profiles = profiles
        self._lists = lists

    def vendors(self) -> tuple[ListedVendor, ...]:
        """Every vendor, in the order of the profiles."""
        return tuple(map(self._listed, self._profiles.values()))

    def _listed(self, profile: VendorProfile) -> ListedVendor:
        models = {model.id: model for model in profile.models}
        for base_url in dict.fromkeys(profile.base_url_of(wire.wire) for wire in profile.wires):
            if base_url is not None:
                told = self._lists.known_at(profile.name, base_url)
                models = {model.id: model for model in told} | models
        suggested = {model.id for model in profile.models}
        ordered = sorted(models.values(), key=lambda model: model.id not in suggested)
        return ListedVendor(
            profile=profile, base_url=profile.base_url_of(profile.default_wire.wire), models=tuple(ordered)
        )
