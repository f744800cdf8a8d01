"""Unknown members of a request's inner objects, which the canonical request keeps under a dotted name.

Rules of this file: pure; they go back to where they stood, and never in place of what was said there.
"""

from collections.abc import Mapping

from codex_proxy.canonical.blocks import JsonObject


def kept_within(name: str, members: Mapping[str, object]) -> JsonObject:
    """The members that nobody took of the object ``name``, for ``extra``."""
    return {f"{name}.{inner}": value for inner, value in members.items() if value is not None}


def put_back(members: JsonObject, extra: Mapping[str, object]) -> JsonObject:
    """``members`` with those of ``extra`` that are not among them, dotted ones within their objects."""
    made = {name: value for name, value in extra.items() if "." not in name} | members
    for name, value in extra.items():
        outer, dot, inner = name.partition(".")
        if not dot:
            continue
        holder = made.get(outer, {})
        if isinstance(holder, dict):
            made[outer] = {inner: value, **holder}
    return made
