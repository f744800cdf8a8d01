"""The versions that a scenario's update feeds tell.

Rules of this file: data only.
"""

from typing import Literal

import msgspec


class UpdateSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Versions of the desktop app and of the engine.

    ``form`` is where the feed has an item's version: in attributes of its enclosure, or in elements of their own.
    ``appcast`` is a whole feed in the place of ours, such as a hostile one; ``dist_tags`` come beside ``latest``.
    """

    desktop_version: str = "26.1120.10001"
    desktop_build: str = "9001"
    engine_version: str = "0.169.0"
    dist_tags: dict[str, str] = {}
    form: Literal["attributes", "elements"] = "attributes"
    appcast: str | None = None
