"""How things stand before and after a change, for the log of changes.

Rules of this file: what is told of a thing is chosen by whoever tells it and holds no secret.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

Told: TypeAlias = Mapping[str, str | int]
Snapshot: TypeAlias = Callable[[Mapping[str, str]], Told]
"""What there is to tell of the thing that a path's parameters name; empty where there is none."""
Snapshots: TypeAlias = Mapping[str, Snapshot]
"""By how the path of a route begins; the longest counts."""


def snapshot_of(snapshots: Snapshots, path: str) -> Snapshot:
    """How to look at what a route changes."""
    fitting = [beginning for beginning in snapshots if path == beginning or path.startswith(f"{beginning}/")]
    return snapshots[max(fitting, key=len)] if fitting else _nothing


def difference(before: Told, after: Told) -> dict[str, str | int]:
    """What changed, as ``before.NAME`` and ``after.NAME``."""
    names = [name for name in dict.fromkeys((*before, *after)) if before.get(name) != after.get(name)]
    sides = (("before", before), ("after", after))
    return {f"{side}.{name}": told[name] for name in names for side, told in sides if name in told}


def _nothing(_: Mapping[str, str]) -> Told:
    return {}
