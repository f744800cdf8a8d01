"""What a capsule says of the gateway: versions, and the settings that hold no secret and name no place.

Rules of this file: what is marked as a secret, or may only stand in a file, stays here.
"""

import platform
from collections.abc import Iterable, Iterator
from typing import Any, Final

from pydantic import BaseModel

from codex_proxy import __version__
from codex_proxy.bootstrap.clock import SystemClock
from codex_proxy.bootstrap.redaction import redact
from codex_proxy.operations.capsules.capsule import MOST_MODELS, AskedKey, AskedModel, Facts, Product
from codex_proxy.operations.capsules.replay import MODEL_ROUTING
from codex_proxy.operations.transfer.times import iso
from codex_proxy.settings.providers import CUSTOM_PREFIX
from codex_proxy.settings.schema import Settings
from codex_proxy.vendors.key import VendorKey

TOLD_SECTIONS: Final = (
    "api",
    "auth",
    "chat",
    "client",
    "images",
    "logs",
    "model",
    "models",
    "quota",
    "session",
    "tls",
    "translation",
)


_OF_VENDORS: Final = ("profile", "quirks", "families", "paths")
"""What the owner says of a vendor that changes what it is sent; addresses do not, nor do headers, which may be keys."""


def capsule_facts(settings: Settings, clock: SystemClock, vendor_keys: Iterable[VendorKey] = ()) -> Facts:
    """The facts now."""
    return Facts(
        made_at=iso(clock.now()),
        product=Product(
            version=__version__,
            python=platform.python_version(),
            platform=f"{platform.system()} {platform.machine()}",
        ),
        config=dict(_told(settings)) | {MODEL_ROUTING: dict(settings.model_routing)},
        vendor_keys=tuple(_key_told(key, settings) for key in vendor_keys),
    )


def plain_keys(section: type[BaseModel]) -> Iterator[str]:
    """The keys of a section that hold no secret and move nothing."""
    for name, described in section.model_fields.items():
        marks = described.json_schema_extra
        if isinstance(marks, dict) and not marks.get("secret") and not marks.get("file_only"):
            yield name


def _told(settings: Settings) -> Iterator[tuple[str, Any]]:
    for section in TOLD_SECTIONS:
        values: BaseModel = getattr(settings, section)
        told = values.model_dump(mode="json")
        yield from ((f"{section}.{name}", redact(told[name], name)) for name in plain_keys(type(values)))


def _key_told(key: VendorKey, settings: Settings) -> AskedKey:
    return AskedKey(
        row_id=key.row_id,
        vendor=key.vendor,
        name=key.name,
        wire=key.wire.value,
        models=[
            AskedModel(id=model.id, capabilities=[one.value for one in model.capabilities])
            for model in key.models[:MOST_MODELS]
            if model.enabled
        ],
        profile=_profile_told(key, settings),
    )


def _profile_told(key: VendorKey, settings: Settings) -> dict[str, Any] | None:
    entries = {name.removeprefix(CUSTOM_PREFIX): entry for name, entry in settings.providers.items()}
    entry = entries.get(key.called)
    if entry is None:
        return None
    told = entry.profile_members()
    return {name: redact(told[name], name) for name in _OF_VENDORS if name in told}
