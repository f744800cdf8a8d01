"""Captured requests to the Ollama API: their path, and what must not be lost on the way to the Codex backend.

Rules of this file: the expected facts are read from the client's JSON here, independently of the codec: the words of
every message in order, the calls with their arguments, the results in the order of the calls, the tools.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import zstandard

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.protocols.base import UpstreamCall
from codex_proxy.protocols.ollama.schema import Endpoint
from codex_proxy.protocols.ollama.server import OllamaServer

PATH = re.compile(r"^/api/(chat|generate)$")


def codec_of(target: str) -> OllamaServer:
    """The codec for a path that ``PATH`` matches."""
    return OllamaServer(Endpoint(target.removeprefix("/api/")))


def losses(asked: JsonObject, call: UpstreamCall) -> list[str]:
    """What of the client's request the Codex body does not say."""
    sent = msgspec.json.decode(zstandard.ZstdDecompressor().decompressobj().decompress(call.body))
    told = {
        "words": (list(_words(asked)), list(_sent_words(sent))),
        "calls": (list(_calls(asked)), list(_sent_calls(sent))),
        "results": (list(_results(asked)), list(_sent_results(sent))),
        "tools": (_tools(asked), {tool["name"]: tool["description"] for tool in sent.get("tools", ())}),
    }
    return [f"{name}: expected {left!r}, sent {right!r}"[:300] for name, (left, right) in told.items() if left != right]


def _messages(asked: JsonObject, *roles: str) -> Iterator[JsonObject]:
    yield from (message for message in asked.get("messages", ()) if message["role"] in roles)


def _words(asked: JsonObject) -> Iterator[str]:
    yield from filter(None, (asked.get("system"), asked.get("prompt")))
    for message in _messages(asked, "system", "user", "assistant"):
        if message.get("content"):
            yield message["content"]


def _sent_words(sent: JsonObject) -> Iterator[str]:
    yield from filter(None, [sent.get("instructions")])
    for item in sent["input"]:
        yield from (part["text"] for part in item.get("content", ()) if "text" in part)


def _calls(asked: JsonObject) -> Iterator[tuple[str, Any]]:
    for message in _messages(asked, "assistant"):
        for call in message.get("tool_calls") or ():
            yield call["function"]["name"], call["function"]["arguments"]


def _sent_calls(sent: JsonObject) -> Iterator[tuple[str, Any]]:
    for item in sent["input"]:
        if item.get("type") == "function_call":
            yield item["name"], msgspec.json.decode(item["arguments"])


def _results(asked: JsonObject) -> Iterator[str]:
    yield from (message.get("content") or "" for message in _messages(asked, "tool"))


def _sent_results(sent: JsonObject) -> Iterator[str]:
    outputs = {item["call_id"]: item["output"] for item in sent["input"] if item.get("type") == "function_call_output"}
    for item in sent["input"]:
        if item.get("type") == "function_call":
            yield outputs[item["call_id"]]


def _tools(asked: JsonObject) -> JsonObject:
    functions = [tool["function"] for tool in asked.get("tools") or ()]
    return {function["name"]: function.get("description") for function in functions}
