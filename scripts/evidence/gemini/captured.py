"""Captured requests to Gemini's endpoints: their path, and what must not be lost on the way to the Codex backend.

Rules of this file: the expected facts are read from the client's JSON here, independently of the codec: the words, the
calls with their arguments, the results, the tools.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import zstandard

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.protocols.base import UpstreamCall
from codex_proxy.protocols.gemini.schema import Verb
from codex_proxy.protocols.gemini.server import GeminiServer

PATH = re.compile(r"^/(?:v1|v1beta|v1alpha)/models/([^/:]+):(generateContent|streamGenerateContent|countTokens)$")


def codec_of(target: str) -> GeminiServer:
    """The codec for a path that ``PATH`` matches."""
    model, _, verb = target.rpartition("/")[2].rpartition(":")
    return GeminiServer(model=model, verb=Verb(verb))


def losses(asked: JsonObject, call: UpstreamCall) -> list[str]:
    """What of the client's request the Codex body does not say."""
    sent = msgspec.json.decode(zstandard.ZstdDecompressor().decompressobj().decompress(call.body))
    told = {
        "texts": (list(_texts(asked)), list(_sent_texts(sent))),
        "calls": (list(_calls(asked)), list(_sent_calls(sent))),
        "tools": (sorted(_tools(asked)), sorted(tool["name"] for tool in sent.get("tools", ()) if "name" in tool)),
        "results": (
            _count(asked, "functionResponse"),
            sum(_is(item, "function_call_output") for item in sent["input"]),
        ),
        "pictures": (_count(asked, "inlineData"), msgspec.json.encode(sent["input"]).count(b'"input_image"')),
    }
    return [f"{name}: expected {left!r}, sent {right!r}"[:300] for name, (left, right) in told.items() if left != right]


def _parts(asked: JsonObject) -> Iterator[JsonObject]:
    for content in asked.get("contents", ()):
        yield from content.get("parts", ())


def _texts(asked: JsonObject) -> Iterator[str]:
    for part in _parts(asked):
        if part.get("text") and not part.get("thought"):
            yield part["text"]


def _sent_texts(sent: JsonObject) -> Iterator[str]:
    for item in sent["input"]:
        yield from (part["text"] for part in item.get("content", ()) if "text" in part)


def _calls(asked: JsonObject) -> Iterator[tuple[str, Any]]:
    for part in _parts(asked):
        if "functionCall" in part:
            yield part["functionCall"]["name"], part["functionCall"].get("args", {})


def _sent_calls(sent: JsonObject) -> Iterator[tuple[str, Any]]:
    for item in sent["input"]:
        if _is(item, "function_call"):
            yield item["name"], msgspec.json.decode(item["arguments"])


def _tools(asked: JsonObject) -> Iterator[str]:
    for tool in asked.get("tools", ()):
        yield from (function["name"] for function in tool.get("functionDeclarations", ()))


def _count(asked: JsonObject, member: str) -> int:
    return sum(member in part for part in _parts(asked))


def _is(item: JsonObject, kind: str) -> bool:
    return item.get("type") == kind
