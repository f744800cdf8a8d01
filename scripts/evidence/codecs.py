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
from codex_proxy.protocols.base import AnswerIds, ClientStream, ReplyFacts, ServerCodec, UpstreamCall
from codex_proxy.protocols.codex.client import CodexClient
from codex_proxy.protocols.openai_chat.client import ChatClient
from codex_proxy.protocols.openai_chat.errors import parse_vendor_failure
from codex_proxy.protocols.openai_chat.server import ChatServer
from codex_proxy.protocols.openai_responses.server import ResponsesServer
from codex_proxy.protocols.openai_responses.stream.decoder import ResponsesDecoder, decode_whole

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


class ResponsesReader:
    """The Responses decoders as a client codec; vendors' errors have the shapes of chat vendors."""

    def open_stream(self, call: UpstreamCall) -> ClientStream:
        return ResponsesDecoder(call.context)

    def parse_response(self, call: UpstreamCall, body: bytes) -> list[Event]:
        return decode_whole(body, call.context)

    def parse_headers(self, headers: Mapping[str, str]) -> ReplyFacts:
        return ReplyFacts(request_id=headers.get("x-request-id"))

    def parse_failure(self, status: int, headers: Mapping[str, str], body: bytes) -> Failure:
        return parse_vendor_failure(status, headers, body)


def our_pairs() -> dict[Dialect, Pair]:
    """The codecs the product uses."""
    chat, responses = ChatServer(), ResponsesServer()
    return {
        Dialect.OPENAI_CHAT: Pair(reader=ChatClient(), server=chat, other=responses),
        Dialect.OPENAI_RESPONSES: Pair(reader=ResponsesReader(), server=responses, other=chat),
        Dialect.CODEX: Pair(reader=CodexClient(), server=responses, other=chat),
    }


def asked_body(dialect: Dialect, asked: JsonObject | None) -> JsonObject:
    """The recorded request's body with usage asked for, or the smallest legal one."""
    if dialect is Dialect.OPENAI_CHAT:
        smallest: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "x"}]}
        return {**(asked or smallest), "stream_options": {"include_usage": True}}
    return asked or {"model": "m", "input": "x"}
