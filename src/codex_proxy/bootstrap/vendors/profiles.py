"""The packaged profiles of vendors."""

from functools import cache
from pathlib import Path
from typing import Final

from ruamel.yaml import YAML

from codex_proxy.vendors.profile import VendorProfile, parse_profiles

PROFILES: Final = Path(__file__).with_name("profiles.yaml")


@cache
def vendor_profiles() -> dict[str, VendorProfile]:
    """Profiles by the vendor's name."""
    return parse_profiles(YAML(typ="safe", pure=True).load(PROFILES.read_bytes()))
