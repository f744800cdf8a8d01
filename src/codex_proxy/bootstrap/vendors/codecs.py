"""The codec that speaks to a vendor, made from its profile.

Rules of this file: what a vendor is called decides nothing, only what its profile says.  A codec is made once for a
vendor and wire; what differs between models is looked up by the model's id.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final, Generic, TypeVar

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.protocols.anthropic.client import AnthropicClient
from codex_proxy.protocols.anthropic.schema import AnthropicProfile
from codex_proxy.protocols.base import VendorCodec
from codex_proxy.protocols.gemini.client import GeminiClient
from codex_proxy.protocols.gemini.schema import GeminiProfile
from codex_proxy.protocols.openai_chat.asking.profile import ChatProfile
from codex_proxy.protocols.openai_chat.client import ChatClient
from codex_proxy.protocols.openai_responses.asking.profile import ResponsesProfile
from codex_proxy.protocols.openai_responses.client import ResponsesClient
from codex_proxy.vendors.key import CUSTOM, VendorKey
from codex_proxy.vendors.profile import ModelFamily, ProfileError, VendorProfile, Wire, WireProfile, convert_at

Profile = TypeVar("Profile", bound=ChatProfile | ResponsesProfile | AnthropicProfile | GeminiProfile)

_KNOWN_MODELS: Final = 1024
_NEUTRAL: Final = frozenset({"headers", "key_header"})
_NO_QUIRKS: Final[JsonObject] = {}


def codec_of(vendor: VendorProfile, wire: Wire, quirks: JsonObject = _NO_QUIRKS) -> VendorCodec:
    """The codec for a vendor's wire; ``quirks`` are laid over those of the profile.

    Raises:
        ProfileError: the vendor does not speak the wire, or a quirk is none of that dialect.
    """
    match wire:
        case Wire.CHAT:
            chat = _by_model(vendor, wire, quirks, ChatProfile)
            takes_stops = all("stop" not in profile.refuses for profile in chat.all)
            return ChatClient(chat.usual, profile_of=chat.of, takes_stops=takes_stops)
        case Wire.RESPONSES | Wire.CODEX_RESPONSES:
            responses = _by_model(vendor, wire, quirks, ResponsesProfile)
            return ResponsesClient(responses.usual, profile_of=responses.of)
        case Wire.ANTHROPIC:
            anthropic = _by_model(vendor, wire, quirks, AnthropicProfile)
            return AnthropicClient(anthropic.usual, profile_of=anthropic.of)
        case Wire.GEMINI:
            gemini = _by_model(vendor, wire, quirks, GeminiProfile)
            return GeminiClient(gemini.usual, profile_of=gemini.of)


def dialect_profile(vendor: VendorProfile, wire: Wire, kind: type[Profile], *, model: str | None = None) -> Profile:
    """What the vendor takes, or one model of it, in the words of its dialect; raises as ``codec_of``."""
    profiles = _by_model(vendor, wire, _NO_QUIRKS, kind)
    return profiles.usual if model is None else profiles.of(model)


class VendorCodecs:
    """The codecs of all vendors, each made when it is first asked for."""

    def __init__(self, profiles: Mapping[str, VendorProfile]) -> None:
        self._profiles = profiles
        self._codecs: dict[tuple[str, Wire], VendorCodec] = {}

    def profile_of(self, key: VendorKey) -> VendorProfile:
        """The profile of a key: the owner's by the key's name, else that of its vendor."""
        return self._profiles.get(key.called) or self._profiles.get(key.vendor) or self._profiles[CUSTOM]

    def of(self, key: VendorKey) -> VendorCodec:
        """The codec that speaks with this key; a wire that the vendor's profile does not know is spoken plainly."""
        profile = self.profile_of(key)
        place = (profile.name, key.wire)
        found = self._codecs.get(place)
        if found is None:
            speaks = profile.find_wire(key.wire) is not None
            found = self._codecs[place] = codec_of(profile if speaks else self._profiles[CUSTOM], key.wire)
        return found


class _ByModel(Generic[Profile]):
    """A vendor's profile in its dialect, and those of its families."""

    def __init__(self, usual: Profile, families: Sequence[tuple[ModelFamily, Profile]]) -> None:
        self.usual = usual
        self._families = families
        self._find = lru_cache(_KNOWN_MODELS)(self._found)

    @property
    def all(self) -> list[Profile]:
        """Every profile there is."""
        return [self.usual, *(profile for _, profile in self._families)]

    def of(self, model: str) -> Profile:
        """That of one model."""
        return self._find(model)

    def _found(self, model: str) -> Profile:
        return next((profile for family, profile in self._families if family.holds(model)), self.usual)


def _by_model(vendor: VendorProfile, wire: Wire, quirks: JsonObject, kind: type[Profile]) -> _ByModel[Profile]:
    spoken = vendor.find_wire(wire)
    if spoken is None:
        raise ProfileError(f"{vendor.name}.wires", f"{wire} is not among them")
    quirks = spoken.quirks | quirks
    usual = _made(spoken, quirks, kind, f"{vendor.name}.wires[{vendor.wires.index(spoken)}].quirks")
    families = [
        (family, _made(spoken, quirks | family.quirks[wire], kind, f"{vendor.name}.families[{index}].quirks.{wire}"))
        if family.quirks.get(wire)
        else (family, usual)
        for index, family in enumerate(vendor.families)
    ]
    return _ByModel(usual, families)


def _made(wire: WireProfile, quirks: JsonObject, kind: type[Profile], path: str) -> Profile:
    for name in sorted(_NEUTRAL & quirks.keys()):
        raise ProfileError(f"{path}.{name}", "stands beside the quirks, not among them")
    headers = [(name.lower(), value) for name, value in wire.headers.items()]
    return convert_at(path, quirks | {"headers": headers, "key_header": wire.sent_key_header}, kind)
