"""Chat Completions in the client role: we call a vendor.

Rules of this file: one codec per vendor profile, stateless; everything the client said that the vendor can take is
sent, sampling included; fields that this vendor refused before are left out.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.events import Event
from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.canonical.request import Dialect, JsonOutput, Request, SchemaOutput, TextOutput
from codex_proxy.canonical.target import Target
from codex_proxy.canonical.tools import CustomTool, NamespaceTool, Tool
from codex_proxy.protocols.base import CallContext, ClientStream, HeaderPairs, ReplyFacts, UpstreamCall
from codex_proxy.protocols.openai_chat.conversation.writing import write_messages
from codex_proxy.protocols.openai_chat.decoder import Answer, ChatDecoder
from codex_proxy.protocols.openai_chat.schema import ChatProfile, Chunk, ThinkingSwitch
from codex_proxy.protocols.openai_chat.tools import build_search_options, build_tool_choice, build_tools
from codex_proxy.protocols.parts.answers.closing import AskedSchema, asked_schema
from codex_proxy.protocols.parts.answers.rewriting import rewritten, rewritten_stream
from codex_proxy.protocols.parts.bodies.passing import SEALED, members_of, with_members
from codex_proxy.protocols.parts.errors.vendor_errors import parse_vendor_failure
from codex_proxy.protocols.parts.json_text import decode_value, encode

_SAMPLING: Final = (
    "temperature",
    "top_p",
    "top_k",
    "presence_penalty",
    "frequency_penalty",
    "seed",
    "logit_bias",
    "logprobs",
    "top_logprobs",
)
_decode_chunk: Final = msgspec.json.Decoder(Chunk).decode
_SET_BY_US: Final = frozenset({"model", "messages", "stream", "stream_options", "input"})


class ChatClient:
    """The dialect's verbs for the client role, for vendors of one profile."""

    def __init__(self, profile: ChatProfile | None = None) -> None:
        self._profile = profile or ChatProfile()

    @property
    def dialect(self) -> Dialect:
        return Dialect.OPENAI_CHAT

    def build_call(self, request: Request, target: Target) -> UpstreamCall:
        """The vendor's request; raises ``Unsupported`` for content that the vendor cannot read."""
        messages, notes = write_messages(request, self._profile)
        body: JsonObject = {"model": target.model.slug, "messages": messages}
        if request.stream:
            body["stream"] = True
            if self._profile.stream_options:
                body["stream_options"] = {"include_usage": True}
        notes.extend(self._add_tools(body, request))
        asked = self._asked_schema(request)
        notes.extend(self._add_output(body, request, asked))
        self._add_sampling(body, request)
        notes.extend(self._add_thinking(body, request, target))
        notes.extend(_add_rest(body, request, target))
        for name in target.learned_rejects & body.keys():
            del body[name]
            notes.append(Note(path=name, verdict=Verdict.DROPPED, detail="the vendor refused this field before"))
        return UpstreamCall(
            method="POST",
            path=self._profile.path,
            headers=self._headers(request, target),
            body=encode(body),
            context=CallContext(
                model=target.model.slug,
                custom_tools=self._disguised(request.tools),
                unwrap_key=asked.unwrap_key if asked else None,
                loose_schema=asked.loose if asked else None,
            ),
            notes=tuple(notes),
            sent_fields=frozenset(body),
        )

    takes_stops = True

    def pass_call(self, request: Request, target: Target, body: bytes) -> UpstreamCall | None:
        """A client's own body with the vendor's name of the model; the usage is asked for where it would not come.

        None where the body holds thoughts of another upstream.
        """
        if SEALED in body:
            return None
        members = members_of(body)
        changes: JsonObject = {"model": target.model.slug}
        counts = request.stream and self._profile.stream_options and not request.include_usage
        if counts:
            changes["stream_options"] = {**_options_of(members), "include_usage": True}
        return UpstreamCall(
            method="POST",
            path=self._profile.path,
            headers=self._headers(request, target),
            body=with_members(body, members, changes),
            context=CallContext(model=target.model.slug, relays=False),
            left_out=_is_usage_chunk if counts else None,
        )

    def open_stream(self, call: UpstreamCall) -> ClientStream:
        """A decoder for the stream that answers ``call``."""
        return rewritten_stream(ChatDecoder(call.context, think_tags=self._profile.think_tags), call.context)

    def parse_headers(self, headers: Mapping[str, str]) -> ReplyFacts:
        """Vendors tell only the request's id."""
        return ReplyFacts(request_id=headers.get("x-request-id"))

    def parse_response(self, call: UpstreamCall, body: bytes) -> list[Event]:
        """A whole answer as events."""
        events = list(Answer(call.context, think_tags=self._profile.think_tags).whole(body))
        return rewritten(events, call.context)

    def parse_failure(self, status: int, headers: Mapping[str, str], body: bytes) -> Failure:
        """An HTTP error, classified."""
        return parse_vendor_failure(status, headers, body)

    def _headers(self, request: Request, target: Target) -> HeaderPairs:
        return (
            ("content-type", "application/json"),
            ("accept", "text/event-stream" if request.stream else "application/json"),
            ("authorization", f"Bearer {target.credential.token}"),
            *self._profile.headers,
        )

    def _disguised(self, tools: tuple[Tool, ...]) -> frozenset[str]:
        """Free-text tools that the vendor sees as functions."""
        if self._profile.custom_tools:
            return frozenset()
        names: set[str] = set()
        for tool in tools:
            if isinstance(tool, CustomTool):
                names.add(tool.name)
            elif isinstance(tool, NamespaceTool):
                names |= self._disguised(tool.tools)
        return frozenset(names)

    def _add_tools(self, body: JsonObject, request: Request) -> list[Note]:
        wire, notes = build_tools(request.tools, self._profile)
        search = build_search_options(request.tools) if self._profile.web_search else None
        if search is not None:
            body["web_search_options"] = search
        if not wire:
            return notes
        body["tools"] = wire
        if request.tool_choice is not None:
            choice = build_tool_choice(request.tool_choice, self._profile)
            if choice is None:
                notes.append(_lossy("tool_choice", "the vendor does not run this tool"))
            else:
                body["tool_choice"] = choice
        if request.parallel_tool_calls is not None and self._profile.parallel_tool_calls:
            body["parallel_tool_calls"] = request.parallel_tool_calls
        return notes

    def _asked_schema(self, request: Request) -> AskedSchema | None:
        """A schema of another dialect's client as it is asked for here; clients of this one keep theirs."""
        output = request.output
        if not isinstance(output, SchemaOutput) or not self._profile.json_schema:
            return None
        if request.dialect is Dialect.OPENAI_CHAT:
            return None
        wanted = output if self._profile.strict else msgspec.structs.replace(output, strict=False)
        return asked_schema(wanted, request.dialect, "response_format")

    def _add_output(self, body: JsonObject, request: Request, asked: AskedSchema | None) -> list[Note]:
        match request.output:
            case None | TextOutput():
                return []
            case JsonOutput():
                body["response_format"] = {"type": "json_object"}
                return []
            case SchemaOutput() as wanted:
                if not self._profile.json_schema:
                    body["response_format"] = {"type": "json_object"}
                    return [_lossy("response_format.json_schema", "the vendor takes no schema; JSON is asked for")]
                body["response_format"] = {"type": "json_schema", "json_schema": self._schema(wanted, asked)}
                return list(asked.notes) if asked else []

    def _schema(self, wanted: SchemaOutput, asked: AskedSchema | None) -> JsonObject:
        schema: JsonObject = {"name": wanted.name, "schema": asked.schema if asked else wanted.schema}
        if wanted.description is not None:
            schema["description"] = wanted.description
        strict = asked.strict if asked else wanted.strict
        if strict is not None and self._profile.strict:
            schema["strict"] = strict
        return schema

    def _add_sampling(self, body: JsonObject, request: Request) -> None:
        sampling = request.sampling
        told = {name: getattr(sampling, name) for name in _SAMPLING}
        body |= {name: value for name, value in told.items() if value is not None}
        if sampling.max_tokens is not None:
            body[self._profile.max_tokens_field] = sampling.max_tokens
        if sampling.stop:
            body["stop"] = list(sampling.stop)

    def _add_thinking(self, body: JsonObject, request: Request, target: Target) -> list[Note]:
        effort = target.effort or request.reasoning.effort
        if effort is None:
            return []
        thinks = effort != "none"
        match self._profile.thinking:
            case ThinkingSwitch.REASONING_EFFORT:
                body["reasoning_effort"] = effort
            case ThinkingSwitch.REASONING_OBJECT:
                body["reasoning"] = {"effort": effort} if thinks else {"enabled": False}
            case ThinkingSwitch.THINKING_TYPE:
                body["thinking"] = {"type": "enabled" if thinks else "disabled"}
            case ThinkingSwitch.ENABLE_THINKING:
                body["enable_thinking"] = thinks
            case ThinkingSwitch.NONE:
                return [Note(path="reasoning_effort", verdict=Verdict.DROPPED, detail="the vendor has no such switch")]
        return []


def _add_rest(body: JsonObject, request: Request, target: Target) -> list[Note]:
    """Tier, verbosity and, for clients of this dialect, every field we have no meaning for."""
    if target.service_tier is not None:
        body["service_tier"] = target.service_tier
    if request.dialect is not Dialect.OPENAI_CHAT:
        return [
            Note(path=name, verdict=Verdict.DROPPED, detail="has no meaning for the vendor") for name in request.extra
        ]
    if target.service_tier is None and request.service_tier is not None:
        body["service_tier"] = request.service_tier
    told = {"verbosity": request.verbosity, "user": request.session.user, "metadata": request.metadata or None}
    body |= {name: value for name, value in told.items() if value is not None}
    body |= {name: value for name, value in request.extra.items() if name not in body and name not in _SET_BY_US}
    return []


def _options_of(members: Mapping[str, msgspec.Raw]) -> JsonObject:
    told = decode_value(bytes(members["stream_options"])) if "stream_options" in members else None
    return told if isinstance(told, dict) else {}


def _is_usage_chunk(data: bytes) -> bool:
    """Whether a chunk holds the token counts and nothing else: what OpenAI sends last to who asks for them."""
    if b'"usage"' not in data:
        return False
    try:
        chunk = _decode_chunk(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False
    return chunk.choices == [] and bool(chunk.usage)


def _lossy(path: str, detail: str) -> Note:
    return Note(path=path, verdict=Verdict.DROPPED, weight=Weight.LOSSY, detail=detail)
