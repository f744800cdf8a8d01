"""Profiles of vendors: the packaged ones, and those that the owner's configuration makes of them.

Rules of this file: data is checked once, here, down to the last quirk; whatever is wrong is named by its place.  An
entry of the configuration is a vendor of its own: what it does not say is as in the profile that it names, else in the
packaged one of its name, else in ``custom``.
"""

from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
from ruamel.yaml import YAML

from codex_proxy.bootstrap.vendors.codecs import codec_of
from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.protocols.parts.efforts import SCALE
from codex_proxy.vendors.key import CUSTOM
from codex_proxy.vendors.profile import ProfileError, VendorProfile, parse_profile

PACKAGED: Final = Path(__file__).with_name("profiles.yaml")
READABLE: Final = Path(__file__).with_name("profiles.json")
"""The same, written from it by ``scripts.generate_pages``: it is read two hundred times as fast."""

KEY_MEMBERS: Final = frozenset({"api_key", "api_key_env", "models", "capabilities", "label", "allow_private"})
"""Members of an entry that say something of its key and nothing of the vendor."""

_WIRE_MEMBERS: Final = (
    "quirks", "headers", "lookup_headers", "key_header", "model_list_path", "model_list_shape",
)  # fmt: skip
_PROFILE: Final = "profile"


def read_profiles(text: str) -> dict[str, VendorProfile]:
    """Profiles by name, from YAML.

    Raises:
        ProfileError: something in it cannot be used; names it.
    """
    return {name: _checked(name, members) for name, members in load_data(text).items()}


def load_data(text: str) -> dict[str, JsonObject]:
    """Members of profiles by name, unchecked; raises ``ProfileError`` where there are none."""
    told = YAML(typ="safe").load(text)
    if not isinstance(told, dict):
        raise ProfileError("profiles", "expected vendors by name")
    return told


def packaged_profiles() -> dict[str, VendorProfile]:
    """The profiles that come with the program."""
    return dict(_packaged())


def with_owners(entries: Mapping[str, JsonObject]) -> dict[str, VendorProfile]:
    """The packaged profiles and one for each entry of the owner's.

    An entry has the members of a profile, and beside ``wires`` those of one wire (the one that ``wire`` names, else the
    default): ``quirks``, ``headers`` and so on, of which null takes one back.  Its ``families`` come before the known.

    Raises:
        ProfileError: an entry cannot be used; names the member as the owner wrote it.
    """
    known = _data()
    return packaged_profiles() | {name: _owned(name, entry, known) for name, entry in entries.items()}


@cache
def _packaged() -> dict[str, VendorProfile]:
    return {name: _checked(name, members) for name, members in _data().items()}


@cache
def _data() -> dict[str, JsonObject]:
    return msgspec.json.decode(READABLE.read_bytes(), type=dict[str, JsonObject])


def _owned(name: str, entry: JsonObject, known: Mapping[str, JsonObject]) -> VendorProfile:
    source = entry.get(_PROFILE, name if name in known else CUSTOM)
    if source not in known:
        raise ProfileError(f"{name}.{_PROFILE}", f"{source!r} is none of {', '.join(known)}")
    members = deepcopy(known[source])
    told = {member: value for member, value in entry.items() if member not in {*KEY_MEMBERS, _PROFILE}}
    members |= {"display_name": name} if source == CUSTOM else {}
    paths = _taken(name, told, "paths", dict)
    members["paths"] = members.get("paths", {}) | paths
    families = _taken(name, told, "families", list)
    wires = _led(name, told.pop("wires", members["wires"]), told.pop("wire", None))
    members["families"] = [*families, *_spoken(members.get("families", []), wires)]
    wire_told: JsonObject = {member: told.pop(member) for member in _WIRE_MEMBERS if member in told}
    if "base_url" in told:
        wires[0].pop("base_url", None)
    if "paths" in wires[0]:
        wires[0]["paths"] = wires[0]["paths"] | paths
    members["wires"] = [_overlaid(wires[0], wire_told), *wires[1:]]
    try:
        return _checked(name, members | told)
    except ProfileError as error:
        raise ProfileError(_as_written(error.path, name, wire_told), error.reason) from None


def _taken(name: str, told: JsonObject, member: str, kind: type) -> Any:
    """A member that is laid over the known one, or put before it; empty where nothing is said."""
    value = told.pop(member, None)
    if value is not None and not isinstance(value, kind):
        raise ProfileError(f"{name}.{member}", f"expected {'a list' if kind is list else 'members by name'}")
    return kind() if value is None else value


def _spoken(families: list[JsonObject], wires: list[JsonObject]) -> list[JsonObject]:
    """Known families without quirks of wires that the entry does not speak."""
    names = {wire.get("wire") for wire in wires}
    return [
        family | {"quirks": {wire: quirks for wire, quirks in family.get("quirks", {}).items() if wire in names}}
        for family in families
    ]


def _led(name: str, wires: Any, wanted: str | None) -> list[JsonObject]:
    """The wires with the wanted one first."""
    listed = [dict(wire) for wire in wires if isinstance(wire, dict)] if isinstance(wires, list) else []
    if wanted is None and listed:
        return listed
    leading = [wire for wire in listed if wire.get("wire") == wanted]
    if not leading:
        raise ProfileError(f"{name}.wire", f"{wanted!r} is not among the wires")
    return [*leading, *(wire for wire in listed if wire.get("wire") != wanted)]


def _overlaid(wire: JsonObject, told: JsonObject) -> JsonObject:
    """The wire with what the owner said of it; objects member by member."""
    made = dict(wire)
    for member, value in told.items():
        inner = made.get(member)
        if isinstance(value, dict) and isinstance(inner, dict):
            merged = inner | value
            made[member] = {name: new for name, new in merged.items() if new is not None or name not in inner}
        else:
            made[member] = value
    return made


def _as_written(path: str, name: str, wire_told: JsonObject) -> str:
    """The place of what stands beside the wires in the owner's words."""
    place = path.removeprefix(f"{name}.wires[0].")
    return f"{name}.{place}" if place != path and place.partition(".")[0] in wire_told else path


def _checked(name: str, members: Any) -> VendorProfile:
    profile = parse_profile(name, members)
    for wire in profile.wires:
        codec_of(profile, wire.wire)
    for index, family in enumerate(profile.families):
        known = [level for level in SCALE if level in family.efforts]
        if list(family.efforts) != known:
            raise ProfileError(f"{name}.families[{index}].efforts", f"expected words of {', '.join(SCALE)}, rising")
        if family.default_effort is not None and family.default_effort not in family.efforts:
            raise ProfileError(f"{name}.families[{index}].default_effort", "is not among the efforts")
    return profile
