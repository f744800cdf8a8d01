"""What the backend refuses in the settings of its image tool.

Rules of this file: its one picture model takes no second picture, no mask and no fidelity, and has no transparency.
Source: refusals in public reports; the product's own list of what the tool takes.
"""

import re
from typing import Final

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.protocols.codex.strictness.refusal import error, invalid_value

REFUSED: Final = ("n", "mask", "input_image", "input_image_mask", "input_fidelity", "style", "response_format")
FORMATS: Final = ("png", "jpeg", "webp")
BACKGROUNDS: Final = ("auto", "opaque")
MODERATIONS: Final = ("auto", "low")
PREVIEW_COUNTS: Final = range(4)
EDGES: Final = range(1024, 3840 + 1)
MOST_PIXELS: Final = 3840 * 2160

_SIZE: Final = re.compile(r"(\d{1,5})x(\d{1,5})")


def check_image_tool(tool: JsonObject, param: str) -> None:
    """Refuse the first illegal setting; ``param`` is the tool's path.

    Raises:
        Refused: with the backend's reply.
    """
    for name in REFUSED:
        if name in tool:
            raise error(f"Unknown parameter: '{param}.{name}'.", code="unknown_parameter", param=f"{param}.{name}")
    for name, words in (("output_format", FORMATS), ("background", BACKGROUNDS), ("moderation", MODERATIONS)):
        if name in tool and tool[name] not in words:
            raise invalid_value(f"{param}.{name}", tool[name], words)
    if tool.get("partial_images", 0) not in PREVIEW_COUNTS:
        raise error("Expected a value from 0 to 3.", code="invalid_value", param=f"{param}.partial_images")
    if tool.get("output_format", "png") == "png" and tool.get("output_compression", 100) != 100:
        raise error(
            "Compression less than 100 is not supported for PNG output format.",
            code="invalid_value",
            param=f"{param}.output_compression",
        )
    if not _is_size(tool.get("size", "auto")):
        raise error(f"Invalid size '{tool['size']}'.", code="invalid_value", param=f"{param}.size")


def _is_size(size: object) -> bool:
    if size == "auto":
        return True
    found = _SIZE.fullmatch(size) if isinstance(size, str) else None
    if found is None:
        return False
    width, height = int(found.group(1)), int(found.group(2))
    return width in EDGES and height in EDGES and width * height <= MOST_PIXELS
