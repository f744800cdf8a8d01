"""Embeddings in the shapes of OpenAI and of Gemini.

Rules of this file: pure; a vector hangs on its text and has the length 1.
"""

import base64
import hashlib
import math
import struct
from collections.abc import Sequence
from typing import Any, Final

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.protocols.base import InvalidRequest

DIMENSIONS: Final = 8
MAX_DIMENSIONS: Final = 4096
BYTES_PER_TOKEN: Final = 4
_DIGEST_BYTES: Final = 32


def vector(text: str, dimensions: int = DIMENSIONS) -> list[float]:
    """A unit vector that hangs on the text."""
    numbers: list[float] = []
    for block in range(dimensions // _DIGEST_BYTES + 1):
        numbers += [byte / 127.5 - 1 for byte in hashlib.sha256(f"{block}/{text}".encode()).digest()]
    length = math.sqrt(sum(number * number for number in numbers[:dimensions])) or 1.0
    return [round(number / length, 7) for number in numbers[:dimensions]]


def embeddings(body: JsonObject) -> JsonObject:
    """The answer to OpenAI's request, in numbers or packed; raises ``InvalidRequest``."""
    texts = inputs(body.get("input"))
    dimensions = _dimensions(body.get("dimensions"), "dimensions")
    packed = body.get("encoding_format") == "base64"
    vectors = [vector(text, dimensions) for text in texts]
    tokens = sum(len(text) // BYTES_PER_TOKEN + 1 for text in texts)
    return {
        "object": "list",
        "data": [
            {"object": "embedding", "index": index, "embedding": _packed(numbers) if packed else numbers}
            for index, numbers in enumerate(vectors)
        ],
        "model": body.get("model"),
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def inputs(told: Any) -> list[str]:
    """The texts of an ``input``: one or several, or one or several lists of tokens; raises ``InvalidRequest``."""
    if isinstance(told, str):
        return [told]
    if not isinstance(told, list) or not told:
        raise InvalidRequest("input", "expected a text, or a list that is not empty")
    if all(isinstance(part, int) for part in told):
        return [str(told)]
    return [part if isinstance(part, str) else str(part) for part in told]


def embed_content(body: JsonObject) -> JsonObject:
    """The answer to Gemini's request for one text; raises ``InvalidRequest``."""
    return {"embedding": _embedded(body)}


def embed_contents(body: JsonObject) -> JsonObject:
    """The answer to Gemini's request for several texts; raises ``InvalidRequest``."""
    requests = body.get("requests")
    if not isinstance(requests, list) or not requests:
        raise InvalidRequest("requests", "expected a list that is not empty")
    return {"embeddings": [_embedded(request) for request in requests if isinstance(request, dict)]}


def _embedded(request: JsonObject) -> JsonObject:
    content = request.get("content")
    parts = content.get("parts") if isinstance(content, dict) else None
    if not isinstance(parts, list):
        raise InvalidRequest("content", "expected an object with parts")
    text = "".join(str(part.get("text", "")) for part in parts if isinstance(part, dict))
    told = request.get("outputDimensionality", (request.get("embedContentConfig") or {}).get("outputDimensionality"))
    return {"values": vector(text, _dimensions(told, "outputDimensionality"))}


def _dimensions(told: Any, name: str) -> int:
    if told is None:
        return DIMENSIONS
    if not isinstance(told, int) or not 1 <= told <= MAX_DIMENSIONS:
        raise InvalidRequest(name, f"expected a number from 1 to {MAX_DIMENSIONS}")
    return told


def _packed(numbers: Sequence[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()
