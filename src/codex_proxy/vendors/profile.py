"""Vendor profiles: what is known of a third-party API before anybody brings a key, as validated data.

Rules of this file: pure values; vendors differ by what stands in the data and never by their names.  ``quirks`` are
members of a dialect's own profile, which the composition root checks when it builds the codec.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, TypeVar

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.target import ModelFacts

_Kind = TypeVar("_Kind")


class ProfileError(Exception):
    """The data at ``path``, such as ``acme.wires[0].quirks``, cannot be used for ``reason``."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class Wire(StrEnum):
    """What a vendor speaks; ``codex-responses`` is Responses as the Codex backend takes it, behind a plain key."""

    CHAT = "chat"
    RESPONSES = "responses"
    CODEX_RESPONSES = "codex-responses"
    ANTHROPIC = "anthropic"
    GEMINI = "gemini"


class Capability(StrEnum):
    """What a model, and with it a vendor, can be asked for."""

    CHAT = "chat"
    EMBEDDINGS = "embeddings"
    IMAGES = "images"
    TRANSCRIPTION = "transcription"
    SPEECH = "speech"
    MODERATION = "moderation"


class RawEndpoint(StrEnum):
    """An endpoint whose bodies are passed on as they are: OpenAI's, and Gemini's for embeddings."""

    EMBEDDINGS = "embeddings"
    EMBED_CONTENT = "embed_content"
    BATCH_EMBED_CONTENTS = "batch_embed_contents"
    IMAGES = "images"
    IMAGE_EDITS = "image_edits"
    TRANSCRIPTION = "transcription"
    TRANSLATION = "translation"
    SPEECH = "speech"
    MODERATION = "moderation"

    @property
    def capability(self) -> Capability:
        """What a model must be capable of to be asked here."""
        return _CAPABILITIES.get(self) or Capability(self.value)


class ListShape(StrEnum):
    """Form of a list of models.

    ``openai``: ``data`` (or the whole body) holds objects with an ``id``; ``anthropic``: the same with
    ``display_name``, in pages (``has_more``, ``last_id``); ``gemini``: ``models`` with ``name``, in pages
    (``nextPageToken``); ``codex``: ``models`` with ``slug``.
    """

    OPENAI = "openai"
    ANTHROPIC = "anthropic"
    GEMINI = "gemini"
    CODEX = "codex"


class WireProfile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a vendor speaks one wire.

    ``base_url`` is set where it differs from the vendor's.  ``key_header`` carries the key, as a bearer token if it is
    ``authorization``; None means the wire's usual one.  ``headers`` go with every call, ``lookup_headers`` with those
    that no codec writes (model lists, raw endpoints).  ``model_list_path`` is None where there is no list; it and
    paths in ``quirks`` are relative to the base URL.  ``paths`` are in the place of the vendor's; ``path_key_headers``
    carry the key where that is another than ``key_header``, by the endpoint.
    """

    wire: Wire
    base_url: str | None = None
    key_header: str | None = None
    headers: dict[str, str] = {}
    lookup_headers: dict[str, str] = {}
    quirks: JsonObject = {}
    model_list_path: str | None = "/models"
    model_list_shape: ListShape = ListShape.OPENAI
    paths: dict[RawEndpoint, str] | None = None
    path_key_headers: dict[RawEndpoint, str] = {}

    @property
    def sent_key_header(self) -> str:
        """The header that carries the key, in lower case."""
        return (self.key_header or _KEY_HEADERS.get(self.wire, _AUTHORIZATION)).lower()

    def lookup_pairs(self, secret: str, endpoint: RawEndpoint | None = None) -> tuple[tuple[str, str], ...]:
        """Headers of a call that no codec writes; an empty ``secret``, of a vendor that wants none, sends no key."""
        told_name = None if endpoint is None else self.path_key_headers.get(endpoint)
        name = (told_name or self.sent_key_header).lower()
        key = {name: f"Bearer {secret}" if name == _AUTHORIZATION else secret} if secret else {}
        told = key | self.headers | self.lookup_headers
        return tuple((header.lower(), value) for header, value in told.items())


class SuggestedModel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model to offer before the vendor's own list is asked for."""

    id: str
    display_name: str = ""
    capabilities: tuple[Capability, ...] = (Capability.CHAT,)


class ModelFamily(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of the models whose id fits one of the patterns in ``models`` (``*`` stands for anything).

    ``efforts`` are in rising order; windows count tokens; ``quirks`` are laid over those of the named wire.
    """

    models: tuple[str, ...]
    efforts: tuple[str, ...] = ()
    default_effort: str | None = None
    input_modalities: tuple[str, ...] = ("text", "image")
    output_modalities: tuple[str, ...] = ("text",)
    context_window: int | None = None
    max_output_tokens: int | None = None
    quirks: dict[Wire, JsonObject] = {}

    def holds(self, model: str) -> bool:
        """Whether ``model`` belongs here; case does not count."""
        return any(_fits(pattern, model) for pattern in self.models)


class VendorProfile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One vendor.

    ``base_url`` is None where only the owner knows it; ``base_url_form`` then shows what it looks like.  The first of
    ``wires`` is the default; of ``families`` the first that holds a model counts.  ``paths`` are relative to the
    default wire's base URL, with ``{model}`` for the model.  A vendor that ``is_local`` may have a private
    address without further permission and needs no key.
    """

    name: str
    display_name: str
    wires: tuple[WireProfile, ...]
    base_url: str | None = None
    base_url_form: str | None = None
    capabilities: tuple[Capability, ...] = (Capability.CHAT,)
    models: tuple[SuggestedModel, ...] = ()
    families: tuple[ModelFamily, ...] = ()
    paths: dict[RawEndpoint, str] = {}
    is_local: bool = False

    @property
    def default_wire(self) -> WireProfile:
        """What is spoken where nobody says otherwise."""
        return self.wires[0]

    def find_wire(self, wire: Wire) -> WireProfile | None:
        """How the vendor speaks this wire; None where it does not."""
        return next((one for one in self.wires if one.wire is wire), None)

    def base_url_of(self, wire: Wire) -> str | None:
        """The default base URL for calls of this wire."""
        found = self.find_wire(wire)
        return (found.base_url if found else None) or self.base_url

    def paths_of(self, wire: Wire) -> Mapping[RawEndpoint, str]:
        """The endpoints beside chat that keys of this wire have, with their paths."""
        found = self.find_wire(wire)
        return self.paths if found is None or found.paths is None else found.paths

    def family_of(self, model: str) -> ModelFamily | None:
        """The family the model belongs to."""
        return next((family for family in self.families if family.holds(model)), None)

    def facts_of(self, model: str) -> ModelFacts:
        """What is known of a model, be it suggested or not."""
        known = next((one for one in self.models if one.id == model), None)
        family = self.family_of(model) or ModelFamily(models=())
        return ModelFacts(
            slug=model,
            display_name=known.display_name if known else "",
            efforts=family.efforts,
            default_effort=family.default_effort,
            input_modalities=family.input_modalities,
            output_modalities=family.output_modalities,
            context_window=family.context_window,
            max_output_tokens=family.max_output_tokens,
        )


def parse_profiles(data: JsonObject) -> dict[str, VendorProfile]:
    """Profiles by name, from their data by name.

    Raises:
        ProfileError: a member is missing, unknown, of the wrong type, or contradicts another; names it.
    """
    return {name: parse_profile(name, members) for name, members in data.items()}


def parse_profile(name: str, members: Any) -> VendorProfile:
    """One profile; see ``parse_profiles``."""
    if not _NAME.fullmatch(name):
        raise ProfileError(name, "a name is letters, digits, hyphens and underscores, at most 64 of them")
    if not isinstance(members, dict):
        raise ProfileError(name, "expected the members of a profile")
    if "name" in members:
        raise ProfileError(f"{name}.name", "the name stands before the members")
    profile = convert_at(name, {"display_name": name, **members, "name": name}, VendorProfile)
    _check(profile)
    return profile


def convert_at(path: str, members: JsonObject, kind: type[_Kind]) -> _Kind:
    """The members as a value of this kind; raises ``ProfileError`` with the place below ``path``."""
    try:
        return msgspec.convert(members, kind)
    except msgspec.ValidationError as error:
        found = _PLACE.fullmatch(str(error))
        reason, place = found.groups() if found else (str(error), None)
        raise ProfileError(f"{path}{place or ''}", reason[:1].lower() + reason[1:]) from None


_AUTHORIZATION: Final = "authorization"
_KEY_HEADERS: Final[Mapping[Wire, str]] = {Wire.ANTHROPIC: "x-api-key", Wire.GEMINI: "x-goog-api-key"}
_CAPABILITIES: Final[Mapping[RawEndpoint, Capability]] = {
    RawEndpoint.EMBED_CONTENT: Capability.EMBEDDINGS,
    RawEndpoint.BATCH_EMBED_CONTENTS: Capability.EMBEDDINGS,
    RawEndpoint.IMAGE_EDITS: Capability.IMAGES,
    RawEndpoint.TRANSLATION: Capability.TRANSCRIPTION,
}
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_BASE_URL: Final = re.compile(r"https?://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:/[^\s/?#@\\]+)*")
_PLACE: Final = re.compile(r"(?s)(.*?)(?: - at (?:`key` in )?`\$(.*)`)?")


def _fits(pattern: str, model: str) -> bool:
    words = map(re.escape, pattern.lower().split("*"))
    return re.fullmatch(".*".join(words), model.lower()) is not None


def _check(profile: VendorProfile) -> None:
    name = profile.name
    if not profile.wires:
        raise ProfileError(f"{name}.wires", "at least one is needed")
    _check_url(profile.base_url, f"{name}.base_url")
    for index, wire in enumerate(profile.wires):
        _check_wire(wire, f"{name}.wires[{index}]")
    _check_distinct([wire.wire for wire in profile.wires], f"{name}.wires")
    _check_distinct([model.id for model in profile.models], f"{name}.models")
    _check_capabilities(profile)
    for index, family in enumerate(profile.families):
        for wire_name in family.quirks:
            if profile.find_wire(wire_name) is None:
                raise ProfileError(f"{name}.families[{index}].quirks", f"{wire_name} is not among the wires")


def _check_capabilities(profile: VendorProfile) -> None:
    wanted: dict[str, tuple[Capability, ...]] = {
        f"paths.{endpoint}": (endpoint.capability,) for endpoint in profile.paths
    }
    wanted |= {
        f"wires[{index}].paths.{endpoint}": (endpoint.capability,)
        for index, wire in enumerate(profile.wires)
        for endpoint in wire.paths or {}
    }
    wanted |= {f"models[{index}]": model.capabilities for index, model in enumerate(profile.models)}
    for endpoint, path in profile.paths.items():
        _check_path(path, f"{profile.name}.paths.{endpoint}")
    for place, capabilities in wanted.items():
        for capability in capabilities:
            if capability not in profile.capabilities:
                raise ProfileError(f"{profile.name}.{place}", f"{capability} is not among the capabilities")


def _check_wire(wire: WireProfile, path: str) -> None:
    _check_url(wire.base_url, f"{path}.base_url")
    if wire.model_list_path is not None:
        _check_path(wire.model_list_path, f"{path}.model_list_path")
    for endpoint, told in (wire.paths or {}).items():
        _check_path(told, f"{path}.paths.{endpoint}")
    for header in (wire.sent_key_header, *wire.path_key_headers.values(), *wire.headers, *wire.lookup_headers):
        if not _HEADER.fullmatch(header):
            raise ProfileError(path, f"{header!r} is no name of a header")
    for value in (*wire.headers.values(), *wire.lookup_headers.values()):
        if not value.isprintable() or not value.isascii():
            raise ProfileError(path, f"{value!r} cannot stand in a header")


def _check_url(url: str | None, path: str) -> None:
    if url is not None and not _BASE_URL.fullmatch(url):
        raise ProfileError(path, f"{url!r} is no http or https address; no user, query, fragment or slash at its end")


def _check_path(path: str, where: str) -> None:
    if not path.startswith("/"):
        raise ProfileError(where, "a path begins with a slash")


def _check_distinct(values: list[Any], path: str) -> None:
    if len(set(values)) < len(values):
        raise ProfileError(path, "one stands there twice")
