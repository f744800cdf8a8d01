"""The dialects that the laws hold for, each in both roles, and what each cannot say (its normal form)."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import ToolKind
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.protocols.anthropic.client import AnthropicClient
from codex_proxy.protocols.anthropic.server import AnthropicServer
from codex_proxy.protocols.base import AnswerIds, ServerCodec, UpstreamCall
from codex_proxy.protocols.codex.client import CodexClient
from codex_proxy.protocols.codex.server import CodexServer
from codex_proxy.protocols.gemini.client import GeminiClient
from codex_proxy.protocols.gemini.schema import Verb
from codex_proxy.protocols.gemini.server import GeminiServer
from codex_proxy.protocols.ollama.client import OllamaClient
from codex_proxy.protocols.ollama.server import OllamaServer
from codex_proxy.protocols.openai_chat.client import ChatClient
from codex_proxy.protocols.openai_chat.server import ChatServer
from codex_proxy.protocols.openai_responses.client import ResponsesClient
from codex_proxy.protocols.openai_responses.server import ResponsesServer
from codex_proxy.protocols.parts.answers.thoughts import ThoughtText
from scripts.evidence.codecs import CODEX_HEADERS, Reader
from tests.laws import anthropic, gemini, ollama

IDS = AnswerIds(token="law0law0law0law0law0law0", created_at=1_790_000_000, request_id="req_law")
CALL = UpstreamCall(method="POST", path="/law", headers=())
MODEL = "gpt-5.4"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an answer says, event by event or kind by kind, in the words of one dialect's normal form."""

    content: Any
    ending: tuple[str, str]
    usage: tuple[int, int, int, int] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Framing:
    """What stands around the JSON of a frame: server-sent events, or lines of JSON."""

    lead: bytes = b"data: "
    border: bytes = b"\n\n"

    def payloads(self, raw: bytes) -> list[bytes]:
        """The JSON texts in a stream."""
        lines = [line for line in raw.split(b"\n") if line]
        return [line.removeprefix(self.lead) for line in lines if line.startswith(self.lead)]

    def frame(self, payload: bytes) -> bytes:
        """A frame without a name."""
        return self.lead + payload + self.border


LINES = Framing(lead=b"", border=b"\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A dialect in both roles; ``normalise`` is what survives of events in it."""

    name: str
    server: ServerCodec
    client: Reader
    body: dict[str, Any]
    headers: dict[str, str]
    normalise: Callable[[Sequence[ev.Event]], Told]
    framing: Framing = Framing()

    def request(self, *, stream: bool = True) -> Request:
        """The request that the answers belong to."""
        body = msgspec.json.encode(self.body | {"stream": stream})
        return self.server.parse_request(body, headers=self.headers).request

    def written(self, events: Sequence[ev.Event]) -> bytes:
        """The answer as a stream; fails where the encoder had to be put right."""
        stream = self.server.open_stream(self.request(), IDS)
        content = b"".join([stream.encode([event]) for event in events]) + stream.finish()
        assert stream.repairs == 0
        return content

    def read(self, chunks: Sequence[bytes]) -> list[ev.Event]:
        """The events of these chunks."""
        stream = self.client.open_stream(CALL)
        steps = [step for chunk in chunks for step in stream.feed(chunk)]
        return [event for step in [*steps, *stream.end()] for event in step.events]

    def faulty(self, **changes: Any) -> "Spoken":
        """The same with planted faults."""
        return replace(self, **changes)


# --------------------------------------------------------------------------------------------- normal forms


def responses_form(events: Sequence[ev.Event]) -> Told:
    """Everything but the counters of accounts; usage stands at the end; no block's content is lost or moved."""
    content = [_plain(event) for event in events if not isinstance(event, ev.UsageReported | ev.ResponseEnded)]
    return Told(content=[told for told in content if told is not None], ending=_ending(events), usage=_usage(events))


def _plain(event: ev.Event) -> Any:
    match event:
        case ev.RateLimitsObserved():
            return None
        case ev.OpaqueEvent():
            members = msgspec.json.decode(event.payload)
            return event.name, {name: value for name, value in members.items() if name not in _ADDED}
        case ev.ResponseStarted():
            return event.response_id, event.created_at
        case _:
            return event


_NEWLINES = re.compile(r"\n+")
_ADDED = {"type", "sequence_number"}


def chat_form(events: Sequence[ev.Event]) -> Told:
    """Texts, refusals, thoughts, calls, web citations and pictures, each kind by itself.

    A chat message has one text, so borders between text blocks go, and with them item ids and phases; thoughts are one
    running text, up to blank lines; calls lose their namespace and are never without arguments; hosted tools show only
    as pictures; a failed answer has no usage.
    """
    joiner = ThoughtText()
    calls: dict[int, list[str]] = {}
    content: dict[str, Any] = {"text": [], "refusal": [], "thoughts": "", "calls": [], "cited": [], "pictures": 0}
    for event in events:
        match event:
            case ev.TextDelta():
                content["text"].append(event.text)
            case ev.RefusalDelta():
                content["refusal"].append(event.text)
            case ev.ThinkingDelta():
                content["thoughts"] += joiner.add(event)
            case ev.ToolCallStarted():
                calls[event.block] = []
                content["calls"].append((event.call_id, event.name, ToolKind(event.kind).value, calls[event.block]))
            case ev.ToolCallDelta():
                calls[event.block].append(event.text)
            case ev.ToolCallEnded(arguments=""):
                calls[event.block].append("{}")
            case ev.HostedEnded():
                content["pictures"] += event.kind == "image_generation_call"
    content["thoughts"] = _NEWLINES.sub("\n", content["thoughts"])
    content["cited"] = _cited(events)
    failed = _ending(events)[0] == "failed"
    if failed:
        content["cited"] = []  # citations come with the last chunk of content, which a failed answer has not
    return Told(content=content, ending=_ending(events), usage=None if failed else _usage(events))


def ollama_form(events: Sequence[ev.Event]) -> Told:
    """What ``tests.laws.ollama`` says; a failed answer has no usage."""
    return Told(
        content=ollama.content_of(events),
        ending=ollama.ending_of(_ending(events)),
        usage=ollama.usage_of(_usage(events)),
    )


def gemini_form(events: Sequence[ev.Event]) -> Told:
    """What ``tests.laws.gemini`` says; a failed answer has no usage."""
    ending = gemini.ending_of(events, _ending(events))
    usage = None if ending[0] == "failed" else _usage(events)
    return Told(content=gemini.content_of(events, ending), ending=ending, usage=usage)


def anthropic_form(events: Sequence[ev.Event]) -> Told:
    """What ``tests.laws.anthropic`` says."""
    return Told(
        content=anthropic.content_of(events),
        ending=anthropic.ending_of(events, _ending(events)),
        usage=anthropic.usage_of(_usage(events)),
    )


def _cited(events: Sequence[ev.Event]) -> list[tuple[str | None, str | None]]:
    """Web citations; their offsets count from the start of the whole text and are the codec tests' matter."""
    texts = [event for event in events if isinstance(event, ev.TextEnded)]
    return [(cited.url, cited.title) for text in texts for cited in text.annotations if cited.kind == "url_citation"]


def _ending(events: Sequence[ev.Event]) -> tuple[str, str]:
    ended = [event for event in events if isinstance(event, ev.ResponseEnded)]
    match ended[-1].ending if ended else None:
        case ev.Failed(failure=failure):
            return "failed", failure.message
        case ev.Incomplete(reason=reason):
            return "incomplete", reason
        case ev.Completed():
            return "completed", ""
    return "none", ""


def _usage(events: Sequence[ev.Event]) -> tuple[int, int, int, int] | None:
    told = [event.usage for event in events if isinstance(event, ev.UsageReported)]
    if not told or _ending(events)[0] == "failed":
        return None  # an error frame has no room for counts
    usage = told[-1]
    return usage.input_tokens, usage.cached_tokens, usage.output_tokens, usage.reasoning_tokens


_RESPONSES_BODY = {"model": MODEL, "input": "x"}
_CHAT_BODY = {
    "model": MODEL,
    "messages": [{"role": "user", "content": "x"}],
    "stream_options": {"include_usage": True},
}

CHAT = Spoken(
    name=Dialect.OPENAI_CHAT.value,
    server=ChatServer(),
    client=ChatClient(),
    body=_CHAT_BODY,
    headers={},
    normalise=chat_form,
)
RESPONSES = Spoken(
    name=Dialect.OPENAI_RESPONSES.value,
    server=ResponsesServer(),
    client=ResponsesClient(),
    body=_RESPONSES_BODY,
    headers={},
    normalise=responses_form,
)
CODEX = Spoken(
    name=Dialect.CODEX.value,
    server=CodexServer(),
    client=CodexClient(),
    body=_RESPONSES_BODY,
    headers=CODEX_HEADERS,
    normalise=responses_form,
)
OLLAMA = Spoken(
    name=Dialect.OLLAMA.value,
    server=OllamaServer(),
    client=OllamaClient(),
    body=ollama.BODY,
    headers={},
    normalise=ollama_form,
    framing=LINES,
)
GEMINI = Spoken(
    name=Dialect.GEMINI.value,
    server=GeminiServer(model=MODEL, verb=Verb.STREAM),
    client=GeminiClient(),
    body=gemini.BODY,
    headers={},
    normalise=gemini_form,
)
ANTHROPIC = Spoken(
    name=Dialect.ANTHROPIC.value,
    server=AnthropicServer(),
    client=AnthropicClient(),
    body=anthropic.BODY,
    headers={},
    normalise=anthropic_form,
)
DIALECTS = (CHAT, RESPONSES, CODEX, OLLAMA, GEMINI, ANTHROPIC)
