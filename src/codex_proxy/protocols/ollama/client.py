"""The Ollama API in the client role: we call a server, local as a rule.

Rules of this file: one codec per profile, stateless; always ``/api/chat``; what the client said that the server can
take is sent, options of the local runtime too if the client speaks this dialect; fields that this server refused
before are left out.
"""

from collections.abc import Mapping
from typing import Final

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.events import Event
from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.canonical.request import Dialect, JsonOutput, OutputFormat, Request, Sampling, SchemaOutput, TextOutput
from codex_proxy.canonical.target import Target
from codex_proxy.protocols.base import CallContext, HeaderPairs, ReplyFacts, UpstreamCall
from codex_proxy.protocols.ollama.conversation.tools import build_tools, custom_names
from codex_proxy.protocols.ollama.conversation.writing import write_messages
from codex_proxy.protocols.ollama.decoder import Answer, OllamaDecoder
from codex_proxy.protocols.ollama.errors import parse_server_failure
from codex_proxy.protocols.ollama.schema import CONTENT_TYPE, OllamaProfile, OllamaRequest
from codex_proxy.protocols.parts.json_text import encode

_OPTIONS: Final = ("temperature", "top_p", "top_k", "presence_penalty", "frequency_penalty", "seed")
_UNTELLABLE: Final = ("logit_bias", "logprobs", "choice_count")
_LEVELS: Final = {"minimal": "low", "xhigh": "high", "max": "high"}


class OllamaClient:
    """The dialect's verbs for the client role, for servers of one profile."""

    def __init__(self, profile: OllamaProfile | None = None) -> None:
        self._profile = profile or OllamaProfile()

    @property
    def dialect(self) -> Dialect:
        return Dialect.OLLAMA

    def build_call(self, request: Request, target: Target) -> UpstreamCall:
        """The server's request; raises ``Unsupported`` for content that the server cannot read."""
        messages, notes = write_messages(request, self._profile)
        body: JsonObject = {"model": target.model.slug, "messages": messages, "stream": request.stream}
        notes += self._add_tools(body, request)
        output = _format(request.output)
        if output is not None:
            body["format"] = output
        notes += self._add_thinking(body, request, target)
        notes += _add_options(body, request)
        notes += _add_rest(body, request)
        for name in target.learned_rejects & body.keys():
            del body[name]
            notes.append(Note(path=name, verdict=Verdict.DROPPED, detail="the server refused this field before"))
        return UpstreamCall(
            method="POST",
            path=self._profile.path,
            headers=self._headers(request, target),
            body=encode(body),
            context=CallContext(model=target.model.slug, custom_tools=custom_names(request.tools)),
            notes=tuple(notes),
            sent_fields=frozenset(body),
        )

    def open_stream(self, call: UpstreamCall) -> OllamaDecoder:
        """A decoder for the stream that answers ``call``."""
        return OllamaDecoder(call.context)

    def parse_headers(self, headers: Mapping[str, str]) -> ReplyFacts:
        """Servers tell nothing but, behind a proxy, the request's id."""
        return ReplyFacts(request_id=headers.get("x-request-id"))

    def parse_response(self, call: UpstreamCall, body: bytes) -> list[Event]:
        """A whole answer as events."""
        answer = Answer(call.context)
        return [*answer.add(body), *answer.end()]

    def parse_failure(self, status: int, headers: Mapping[str, str], body: bytes) -> Failure:
        """An HTTP error, classified."""
        return parse_server_failure(status, headers, body)

    def _headers(self, request: Request, target: Target) -> HeaderPairs:
        token = target.credential.token
        return (
            ("content-type", "application/json"),
            ("accept", CONTENT_TYPE if request.stream else "application/json"),
            *((("authorization", f"Bearer {token}"),) if token else ()),
            *self._profile.headers,
        )

    def _add_tools(self, body: JsonObject, request: Request) -> list[Note]:
        if not request.tools:
            return []
        if not self._profile.tools:
            return [_lossy("tools", "the server's models call no tools")]
        wire, notes = build_tools(request.tools, request.tool_choice)
        if wire:
            body["tools"] = wire
        if request.parallel_tool_calls is False:
            notes.append(_lossy("parallel_tool_calls", "the server lets its model choose"))
        return notes

    def _add_thinking(self, body: JsonObject, request: Request, target: Target) -> list[Note]:
        """The client's own word where it speaks this dialect, else a level or a switch."""
        if isinstance(request, OllamaRequest) and request.think is not None:
            body["think"] = request.think
            return []
        effort = target.effort or request.reasoning.effort
        if effort is None:
            return []
        if not self._profile.thinking:
            return [Note(path="reasoning_effort", verdict=Verdict.DROPPED, detail="the server's models do not think")]
        if effort == "none" or not self._profile.think_levels:
            body["think"] = effort != "none"
            return []
        body["think"] = _LEVELS.get(effort, effort)
        return []


def _format(output: OutputFormat | None) -> str | JsonObject | None:
    match output:
        case None | TextOutput():
            return None
        case JsonOutput():
            return "json"
        case SchemaOutput():
            return output.schema


def _add_options(body: JsonObject, request: Request) -> list[Note]:
    sampling = request.sampling
    options: JsonObject = {name: getattr(sampling, name) for name in _OPTIONS}
    options |= {"num_predict": sampling.max_tokens, "stop": list(sampling.stop) or None}
    own = request.extra.get("options") if request.dialect is Dialect.OLLAMA else None
    told = {**(own if isinstance(own, dict) else {}), **_known(options)}
    if told:
        body["options"] = told
    return [
        Note(path=name, verdict=Verdict.DROPPED, detail="has no meaning for the server")
        for name in _UNTELLABLE
        if _is_told(sampling, name)
    ]


def _add_rest(body: JsonObject, request: Request) -> list[Note]:
    """For clients of this dialect every field we have no meaning for; for others a note of each."""
    if request.dialect is Dialect.OLLAMA:
        body |= {name: value for name, value in request.extra.items() if name not in body}
        return []
    lost = [*request.extra]
    lost += [name for name in ("service_tier", "verbosity") if getattr(request, name) is not None]
    return [Note(path=name, verdict=Verdict.DROPPED, detail="has no meaning for the server") for name in lost]


def _known(members: JsonObject) -> JsonObject:
    return {name: value for name, value in members.items() if value is not None}


def _is_told(sampling: Sampling, name: str) -> bool:
    return getattr(sampling, name) not in {None, False} if name != "logit_bias" else sampling.logit_bias is not None


def _lossy(path: str, detail: str) -> Note:
    return Note(path=path, verdict=Verdict.DROPPED, weight=Weight.LOSSY, detail=detail)
