"""What the vendor keys offer together: which models, under which names.

Rules of this file: pure.  A key that is disabled offers nothing; one that rests or that the vendor refuses still does,
so that who asks for its models is told about the key and not that there is no such model.
"""

from collections.abc import Iterable, Mapping

import msgspec

from codex_proxy.vendors.key import VendorKey


class Offers(msgspec.Struct, frozen=True, kw_only=True):
    """Models by the vendor's own id, with the names of those who list them, and every name there is.

    Names are sorted; a key of the configuration has its own name beside its vendor's.
    """

    models: Mapping[str, tuple[str, ...]] = {}
    vendors: frozenset[str] = frozenset()


def offers_of(keys: Iterable[VendorKey]) -> Offers:
    """What these keys offer."""
    listed: dict[str, set[str]] = {}
    names: set[str] = set()
    for key in keys:
        if key.is_off:
            continue
        names |= {key.vendor, key.called}
        for model in key.models:
            if model.enabled:
                listed.setdefault(model.id, set()).add(key.called)
    models = {model_id: tuple(sorted(listed[model_id])) for model_id in sorted(listed)}
    return Offers(models=models, vendors=frozenset(names))
