"""Pictures of the simulated image tool: tiny and valid, in a colour that hangs on the prompt.

Rules of this file: pure; the same prompt and settings give the same bytes, previews other ones.  Source: PNG, RFC 2083;
JPEG, ITU-T T.81 (one baseline block of grey); WebP lossless bitstream specification (one colour, no pixel data).
"""

import base64
import hashlib
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.usage import ImageUsage
from codex_proxy.simulator.unscripted.facts import Facts

IMAGE_TOOL: Final = "image_generation"
IMAGE_CALL: Final = "image_generation_call"

_EDGE: Final = 8
_OUTPUT_TOKENS: Final = 196
_TOKENS_OF_INPUT_IMAGE: Final = 85
_BYTES_PER_TOKEN: Final = 4
_QUANTUM: Final = 8
_SETTINGS: Final = {"size": "auto", "quality": "auto", "background": "opaque"}


def tiny_png(shade: int = 200) -> str:
    """A valid picture of one pixel, as base64."""
    return _base64(_png((shade, 0, 0), edge=1))


def draw(form: str, seed: str, *, padding_bytes: int = 0) -> str:
    """A picture in this format, ``png`` where it is unknown, as base64; its colour is made of ``seed``.

    Bytes after a picture's end, of which it may have any number, are padding.
    """
    red, green, blue = hashlib.sha256(seed.encode()).digest()[:3]
    return _base64(_DRAWN.get(form, _png)((red, green, blue)) + bytes(padding_bytes))


def picture_events(facts: Facts, block: int, *, padding_bytes: int = 0) -> Iterator[ev.Event]:
    """A call of the image tool as its settings want it: as many previews as asked for, then the picture."""
    settings = image_settings(facts)
    form = str(settings.get("output_format") or "png")
    item = {"id": f"ig_{facts.seed[:22]}{block}", "type": IMAGE_CALL}
    yield ev.HostedStarted(block=block, kind=IMAGE_CALL, item=item | {"status": "in_progress"}, item_id=item["id"])
    previews = settings.get("partial_images")
    for number in range(previews if isinstance(previews, int) else 0):
        yield ev.ImagePartial(block=block, data=draw(form, f"{facts.seed} preview {number}"), index=number)
    finished: JsonObject = item | {
        "status": "completed",
        "result": draw(form, facts.seed, padding_bytes=padding_bytes),
        "revised_prompt": facts.last_user_text,
        "output_format": form,
    }
    finished |= {name: settings.get(name) or usual for name, usual in _SETTINGS.items()}
    yield ev.HostedEnded(block=block, kind=IMAGE_CALL, item=finished)


def image_settings(facts: Facts) -> JsonObject:
    """The image tool as it was offered, empty where it was not."""
    return next((tool for tool in facts.tools if tool.get("type") == IMAGE_TOOL), {})


def image_usage(facts: Facts, events: Sequence[ev.Event]) -> ImageUsage | None:
    """Token counts of the pictures among ``events``, None without any."""
    count = sum(isinstance(event, ev.HostedEnded) and event.kind == IMAGE_CALL for event in events)
    if not count:
        return None
    text = len(facts.last_user_text) // _BYTES_PER_TOKEN + 1
    pictures = _TOKENS_OF_INPUT_IMAGE * len(facts.images)
    output = _OUTPUT_TOKENS * count
    return ImageUsage(
        input_tokens=text + pictures,
        text_input_tokens=text,
        image_input_tokens=pictures,
        output_tokens=output,
        total_tokens=text + pictures + output,
    )


def _png(colour: tuple[int, int, int], edge: int = _EDGE) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", edge, edge, 8, 2, 0, 0, 0)
    pixels = zlib.compress((b"\0" + bytes(colour) * edge) * edge)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def _jpeg(colour: tuple[int, int, int]) -> bytes:
    """Eight by eight pixels of one grey: the block's mean in seven bits, and no detail."""

    def segment(marker: int, content: bytes) -> bytes:
        return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content

    def one_code(table: int, symbol: int) -> bytes:
        return bytes((table, 1, *[0] * 15, symbol))

    mean = (
        64 + colour[0] % 64 if colour[1] % 2 else colour[0] % 64
    )  # a seven-bit number, negative ones with a lower bit
    bits = f"0{mean:07b}0".ljust(16, "1")
    return (
        b"\xff\xd8"
        + segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0")
        + segment(0xDB, bytes([0, *[_QUANTUM] * 64]))
        + segment(0xC0, struct.pack(">BHHBBBB", 8, _EDGE, _EDGE, 1, 1, 0x11, 0))
        + segment(0xC4, one_code(0x00, 7) + one_code(0x10, 0))
        + segment(0xDA, bytes((1, 1, 0, 0, 63, 0)))
        + int(bits, 2).to_bytes(2, "big")
        + b"\xff\xd9"
    )


def _webp(colour: tuple[int, int, int]) -> bytes:
    """Eight by eight pixels of one colour: each channel is a code of one symbol, which takes no bits."""
    bits = f"{_EDGE - 1:014b}"[::-1] * 2 + "0000" + "000"  # size, no alpha, version; no transform, cache or groups
    red, green, blue = colour
    for value in (green, red, blue, 255):
        bits += "101" + f"{value:08b}"[::-1]
    bits += "1000"  # distances: one symbol, 0
    content = b"\x2f" + int(bits[::-1], 2).to_bytes((len(bits) + 7) // 8, "little")
    body = b"WEBPVP8L" + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


_DRAWN: Final[dict[str, Callable[[tuple[int, int, int]], bytes]]] = {"png": _png, "jpeg": _jpeg, "webp": _webp}
