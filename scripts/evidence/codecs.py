"""Which codecs of ours read and write a recorded dialect.

Rules of this file: a pair is what a check needs of two codecs; tests hand in faulty ones.  The request that an encoder
answers is the recorded one where it can be parsed, else the smallest legal one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.events import Event
from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.request import Dialect
from codex_proxy.protocols.anthropic.client import AnthropicClient
from codex_proxy.protocols.anthropic.server import AnthropicServer
from codex_proxy.protocols.base import AnswerIds, ClientStream, ReplyFacts, ServerCodec, UpstreamCall
from codex_proxy.protocols.codex.client import CodexClient
from codex_proxy.protocols.gemini.client import GeminiClient
from codex_proxy.protocols.gemini.server import GeminiServer
from codex_proxy.protocols.ollama.client import OllamaClient
from codex_proxy.protocols.ollama.server import OllamaServer
from codex_proxy.protocols.openai_chat.client import ChatClient
from codex_proxy.protocols.openai_chat.server import ChatServer
from codex_proxy.protocols.openai_responses.client import ResponsesClient
from codex_proxy.protocols.openai_responses.server import ResponsesServer

CODEC_FAULTS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
    msgspec.MsgspecError,
)
"""What a codec must never raise: seen here, it is a miss with the exception's name."""

IDS = AnswerIds(token="evidence0evidence0evidence", created_at=1_790_000_000, request_id="req_evidence")
CALL = UpstreamCall(method="POST", path="/recorded", headers=())
CODEX_HEADERS = {"user-agent": "codex_exec/0.169.0 (Debian 12.0.0; x86_64)", "originator": "codex_exec"}


class Reader(Protocol):
    """The verbs of ``ClientCodec`` that read an answer."""

    def open_stream(self, call: UpstreamCall) -> ClientStream: ...

    def parse_response(self, call: UpstreamCall, body: bytes) -> list[Event]: ...

    def parse_headers(self, headers: Mapping[str, str]) -> ReplyFacts: ...

    def parse_failure(self, status: int, headers: Mapping[str, str], body: bytes) -> Failure: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A dialect in both roles, and the codec that tells the same answers to clients of another dialect."""

    reader: Reader
    server: ServerCodec
    other: ServerCodec | None = None


def our_pairs() -> dict[Dialect, Pair]:
    """The codecs the product uses."""
    chat, responses = ChatServer(), ResponsesServer()
    return {
        Dialect.OPENAI_CHAT: Pair(reader=ChatClient(), server=chat, other=responses),
        Dialect.OPENAI_RESPONSES: Pair(reader=ResponsesClient(), server=responses, other=chat),
        Dialect.CODEX: Pair(reader=CodexClient(), server=responses, other=chat),
        Dialect.ANTHROPIC: Pair(reader=AnthropicClient(), server=AnthropicServer(), other=chat),
        Dialect.OLLAMA: Pair(reader=OllamaClient(), server=OllamaServer(), other=chat),
        Dialect.GEMINI: Pair(reader=GeminiClient(), server=GeminiServer(), other=chat),
    }


def asked_body(dialect: Dialect, asked: JsonObject | None) -> JsonObject:
    """The recorded request's body with usage asked for, or the smallest legal one."""
    smallest: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "x"}]}
    if dialect is Dialect.OPENAI_CHAT:
        return {**(asked or smallest), "stream_options": {"include_usage": True}}
    if dialect is Dialect.ANTHROPIC:
        return asked or {**smallest, "thinking": {"type": "adaptive"}}
    return asked or {"model": "m", "input": "x"}
