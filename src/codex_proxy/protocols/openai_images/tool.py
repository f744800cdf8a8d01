"""The fields that say how a picture is made, as settings of the upstream's image tool.

Rules of this file: what would not make the picture that was asked for is refused by name; what only has no effect is
noted.  Source: OpenAI API reference, images; limits and refusals reported of the upstream's image tool.
"""

import re
from typing import Final

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.parts.fields import Fields

EDGE_STEP: Final = 16
SHORTEST_EDGE: Final = 1024
LONGEST_EDGE: Final = 3840
MOST_PIXELS: Final = 3840 * 2160
MOST_PARTIAL_IMAGES: Final = 3

QUALITIES: Final = {word: word for word in ("auto", "low", "medium", "high", "xhigh", "max")} | {
    "standard": "medium",
    "hd": "high",
}
"""Words of retired models have a successor."""

FORMATS: Final = {"png": "png", "jpeg": "jpeg", "jpg": "jpeg", "webp": "webp"}
COMPRESSIBLE: Final = frozenset({"jpeg", "webp"})
UNSUPPORTED: Final = ("mask", "markup", "complexity", "frame_count", "frame_duration_ms", "svg")
"""What the upstream's image tool refuses and what cannot be left out without another picture coming back."""

_SIZE: Final = re.compile(r"(\d{1,5})x(\d{1,5})")
_SMALL_SIZES: Final = frozenset({"256x256", "512x512"})
_SMALLEST_SIZE: Final = f"{SHORTEST_EDGE}x{SHORTEST_EDGE}"


def parse_tool_settings(body: Fields, notes: list[Note]) -> JsonObject:
    """The tool's settings, as far as the client said any; each member taken from ``body``.

    Raises:
        InvalidRequest: a value out of range, or a field that the upstream cannot honour.
    """
    for name in UNSUPPORTED:
        if body.has(name):
            raise InvalidRequest(body.at(name), "is not supported by the upstream", code="unsupported_parameter")
    settings: JsonObject = {
        "size": _size(body, notes),
        "quality": _word(body, "quality", QUALITIES),
        "background": _background(body),
        "output_format": _output_format(body),
        "moderation": _word(body, "moderation", {"auto": "auto", "low": "low"}),
        "partial_images": _number(body, "partial_images", most=MOST_PARTIAL_IMAGES),
    }
    settings["output_compression"] = _compression(body, settings["output_format"] or "png")
    return {name: value for name, value in settings.items() if value is not None}


def _size(body: Fields, notes: list[Note]) -> str | None:
    told = body.take_string("size")
    if told is None or told == "auto":
        return told
    if told in _SMALL_SIZES:
        detail = f"the smallest picture is {_SMALLEST_SIZE}"
        notes.append(Note(path="size", verdict=Verdict.APPROXIMATED, weight=Weight.LOSSY, detail=detail))
        return _SMALLEST_SIZE
    found = _SIZE.fullmatch(told)
    if found is None:
        raise InvalidRequest(body.at("size"), "expected auto or a size such as 1536x1024", code="invalid_value")
    reason = _size_defect(int(found.group(1)), int(found.group(2)))
    if reason is not None:
        raise InvalidRequest(body.at("size"), reason, code="invalid_value")
    return told


def _size_defect(width: int, height: int) -> str | None:
    if width % EDGE_STEP or height % EDGE_STEP:
        return f"width and height must be multiples of {EDGE_STEP}"
    if min(width, height) < SHORTEST_EDGE:
        return f"the shorter edge must be at least {SHORTEST_EDGE} pixels"
    if max(width, height) > LONGEST_EDGE:
        return f"the longer edge must be at most {LONGEST_EDGE} pixels"
    return f"at most {MOST_PIXELS} pixels can be made" if width * height > MOST_PIXELS else None


def _background(body: Fields) -> str | None:
    told = body.take_string("background")
    if told == "transparent":
        raise InvalidRequest(body.at("background"), "a transparent one cannot be made", code="unsupported_value")
    return _one_of(body, "background", told, {"auto": "auto", "opaque": "opaque"})


def _output_format(body: Fields) -> str | None:
    told = body.take_string("output_format")
    if told in {"gif", "svg"}:
        raise InvalidRequest(body.at("output_format"), f"{told} cannot be made", code="unsupported_value")
    return _one_of(body, "output_format", told, FORMATS)


def _compression(body: Fields, output_format: str) -> int | None:
    told = _number(body, "output_compression", most=100)
    if output_format in COMPRESSIBLE:
        return told
    if told not in {None, 100}:
        raise InvalidRequest(
            body.at("output_compression"), f"must be 100 or absent for {output_format}", code="invalid_value"
        )
    return None


def _word(body: Fields, name: str, words: dict[str, str]) -> str | None:
    return _one_of(body, name, body.take_string(name), words)


def _one_of(body: Fields, name: str, told: str | None, words: dict[str, str]) -> str | None:
    if told is None:
        return None
    if told not in words:
        raise InvalidRequest(body.at(name), f"expected one of {', '.join(words)}", code="invalid_value")
    return words[told]


def _number(body: Fields, name: str, *, most: int) -> int | None:
    told = body.take_integer(name)
    if told is not None and not 0 <= told <= most:
        raise InvalidRequest(body.at(name), f"must be between 0 and {most}", code="invalid_value")
    return told
