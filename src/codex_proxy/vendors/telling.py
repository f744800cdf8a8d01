"""A vendor key as somebody tells it: the interface, a file, the owner's configuration.

Rules of this file: pure; what is left out comes from the vendor's profile; what cannot be used is told by its field in
the interface's spelling, and no word of it is a secret.  Whether an address may be asked is for others to say.
Source: spec, accounts, 6.1, 6.3.
"""

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

import msgspec

from codex_proxy.vendors.key import KeyModel, KeyStatus, VendorKey
from codex_proxy.vendors.profile import Capability, VendorProfile, Wire

MOST_MODELS: Final = 1000
MOST_MODEL_CHARACTERS: Final = 256
MOST_LABEL_CHARACTERS: Final = 64
MOST_KEY_CHARACTERS: Final = 4096
_GEMINI_PREFIX: Final = "models/"

Profiles: TypeAlias = Mapping[str, VendorProfile]
"""Profiles by the vendor's name."""


class InvalidKey(Exception):
    """What was told is no key that can be used: the field at fault and why."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class ToldModel(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A model with what is known of it."""

    id: str
    display_name: str = ""
    capabilities: tuple[Capability, ...] | None = None


class ToldKey(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A key as it is told; what is None is taken from the vendor's profile.

    ``status`` is ``disabled`` where the key's models are not to be used for now; every other word says nothing.
    """

    provider: str
    api_key: str = ""
    models: tuple[str | ToldModel, ...] = ()
    base_url: str | None = None
    label: str | None = None
    capabilities: tuple[Capability, ...] | None = None
    wire: Wire | None = None
    allow_private: bool = False
    status: str | None = None

    def __repr__(self) -> str:
        return f"ToldKey(provider={self.provider!r})"


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where and as what a vendor is asked; ``base_url`` ends without a slash."""

    vendor: str
    base_url: str
    wire: Wire
    is_local: bool


def key_of(told: ToldKey, profiles: Profiles, *, row_id: str, now: float) -> VendorKey:
    """The key that this tells, made ``now`` (epoch seconds).

    Raises:
        InvalidKey: it is none.
    """
    place = place_of(told, profiles)
    return VendorKey(
        row_id=row_id,
        vendor=place.vendor,
        base_url=place.base_url,
        wire=place.wire,
        secret=secret_of(told, is_optional=place.is_local),
        label=clean_label(told.label),
        status=KeyStatus.DISABLED if told.status == KeyStatus.DISABLED and not told.models else KeyStatus.ACTIVE,
        added_at=now,
        models=_models(told, profiles[place.vendor], place.wire),
        allow_private=told.allow_private or place.is_local,
    )


def place_of(told: ToldKey, profiles: Profiles) -> Place:
    """Where this key is for; raises ``InvalidKey``."""
    profile = profiles.get(told.provider.strip().lower())
    if profile is None:
        raise InvalidKey("provider", f"{told.provider!r} is no known vendor; known are {_listed(profiles)}")
    wire = told.wire or profile.default_wire.wire
    if profile.find_wire(wire) is None:
        spoken = _listed(each.wire for each in profile.wires)
        raise InvalidKey("wire", f"{profile.display_name} speaks {spoken}, not {wire}")
    base_url = clean_base_url(told.base_url or "") or profile.base_url_of(wire)
    if base_url is None:
        form = f", such as {profile.base_url_form}" if profile.base_url_form else ""
        raise InvalidKey("baseUrl", f"{profile.display_name} needs the address to ask{form}")
    return Place(vendor=profile.name, base_url=base_url, wire=wire, is_local=profile.is_local)


def secret_of(told: ToldKey, *, is_optional: bool) -> str:
    """The secret as it goes into a header; raises ``InvalidKey``."""
    secret = told.api_key.strip()
    if not secret and not is_optional:
        raise InvalidKey("apiKey", "it is missing")
    if len(secret) > MOST_KEY_CHARACTERS or not secret.isascii() or not secret.isprintable() or " " in secret:
        raise InvalidKey("apiKey", "it holds something that no key holds, or too much of it")
    return secret


def clean_base_url(text: str) -> str:
    """The address without spaces around it and slashes at its end; raises ``InvalidKey``."""
    base_url = text.strip().rstrip("/")
    if any(mark in base_url for mark in "?#") or not base_url.isprintable():
        raise InvalidKey("baseUrl", "it may have no query and no fragment: paths are put behind it")
    return base_url


def clean_label(text: str | None) -> str | None:
    """The label as it is kept; None for an empty one.  Raises ``InvalidKey``."""
    label = " ".join((text or "").split())
    if len(label) > MOST_LABEL_CHARACTERS:
        raise InvalidKey("label", f"it is longer than {MOST_LABEL_CHARACTERS} characters")
    return label or None


def model_id(text: str, wire: Wire) -> str:
    """A model's id as the vendor is asked for it; raises ``InvalidKey``."""
    found = text.strip()
    if wire is Wire.GEMINI:
        found = found.removeprefix(_GEMINI_PREFIX)
    if not found or len(found) > MOST_MODEL_CHARACTERS or not found.isprintable():
        raise InvalidKey("models", f"an id has 1 to {MOST_MODEL_CHARACTERS} characters that can be printed")
    return found


def _models(told: ToldKey, profile: VendorProfile, wire: Wire) -> tuple[KeyModel, ...]:
    if len(told.models) > MOST_MODELS:
        raise InvalidKey("models", f"there are more than {MOST_MODELS}")
    suggested = {model.id: model for model in profile.models}
    models: dict[str, KeyModel] = {}
    for each in told.models:
        one = ToldModel(id=each) if isinstance(each, str) else each
        name = model_id(one.id, wire)
        known = suggested.get(name)
        capabilities = one.capabilities or told.capabilities or (known.capabilities if known else None)
        models[name] = KeyModel(
            id=name,
            display_name=one.display_name or (known.display_name if known else ""),
            capabilities=tuple(dict.fromkeys(capabilities or (Capability.CHAT,))),
            enabled=told.status != KeyStatus.DISABLED,
        )
    return tuple(models.values())


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)
