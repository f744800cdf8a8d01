"""Shapes of the Ollama wire: lines as servers send them, objects as we write them, the stream grammar, our options.

Rules of this file: declarations and pure shapes, no policy.  Members that servers disagree on are ``Any`` and judged
by the decoder, so that one odd member never costs the whole line.  Source: Ollama API reference; recorded answers of
Ollama 0.1 to 0.12; the types of ollama-python 0.6.3.
"""

from enum import StrEnum
from typing import Any, Final

import msgspec

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import JsonObject, ToolKind
from codex_proxy.canonical.request import Request
from codex_proxy.canonical.usage import Usage
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.parts.json_text import decode_value, encode
from codex_proxy.protocols.parts.legality import Grammar

CONTENT_TYPE: Final = "application/x-ndjson"
IMAGE_GENERATION: Final = "image_generation_call"
RAW_ARGUMENTS: Final = "_raw"
"""Where a call's arguments stand that are no JSON object; every client reads ``arguments`` as an object."""

# ``open`` is never written: a stream may begin with any line, and an answer without content is its last line alone.
GRAMMAR: Final = Grammar(
    start="open",
    free=frozenset({"content", "thinking", "call", "image"}),
    finish=frozenset({"done", "error"}),
)

# httpx, and with it ollama-python, takes these for line ends even inside a JSON string.
_LINE_BREAKS: Final = ((b"\xc2\x85", rb"\u0085"), (b"\xe2\x80\xa8", rb"\u2028"), (b"\xe2\x80\xa9", rb"\u2029"))


class Endpoint(StrEnum):
    """Which of the two inference endpoints: they differ in the request and in the member that holds the text."""

    CHAT = "chat"
    GENERATE = "generate"


class OllamaRequest(Request, frozen=True, kw_only=True):
    """A canonical request that remembers where it came in, and ``think`` as the client wrote it."""

    endpoint: Endpoint = Endpoint.CHAT
    think: bool | str | None = None


class FunctionPart(msgspec.Struct, frozen=True):
    """A called function."""

    name: Any = None
    arguments: Any = None


class CallPart(msgspec.Struct, frozen=True):
    """One element of ``tool_calls``; it is always whole."""

    id: Any = None
    function: FunctionPart | None = None


class MessagePart(msgspec.Struct, frozen=True):
    """The ``message`` of a chat line."""

    content: Any = None
    thinking: Any = None
    tool_calls: list[CallPart] | None = None


class Line(msgspec.Struct, frozen=True):
    """One line, or a whole answer, of either endpoint."""

    model: Any = None
    created_at: Any = None
    message: MessagePart | None = None
    response: Any = None
    thinking: Any = None
    image: Any = None
    done: Any = None
    done_reason: Any = None
    prompt_eval_count: Any = None
    eval_count: Any = None
    error: Any = None


class Durations(msgspec.Struct, frozen=True, kw_only=True):
    """How long an answer took, in nanoseconds: until its first content, and from there to its end."""

    prompt_ns: int = 0
    eval_ns: int = 0


class OllamaProfile(msgspec.Struct, frozen=True, kw_only=True):
    """What one server's models can be told; pure data.

    ``thinking`` says that the models think, ``think_levels`` that they take a word instead of a switch;
    ``echo_thinking`` sends earlier thoughts back; ``headers`` are sent with every call.
    """

    path: str = "/api/chat"
    thinking: bool = True
    think_levels: bool = False
    echo_thinking: bool = True
    tools: bool = True
    images: bool = True
    headers: tuple[tuple[str, str], ...] = ()


def line_of(members: JsonObject) -> bytes:
    """One line on the wire."""
    return one_line(encode(members)) + b"\n"


def one_line(json: bytes) -> bytes:
    """JSON that every line splitter leaves whole."""
    for character, escape in _LINE_BREAKS:
        if character in json:
            json = json.replace(character, escape)
    return json


def call_object(call_id: str, name: str, arguments: JsonObject, index: int) -> JsonObject:
    """One element of ``tool_calls``."""
    return {"id": call_id, "function": {"index": index, "name": name, "arguments": arguments}}


def arguments_object(arguments: str, kind: ToolKind) -> tuple[JsonObject, bool]:
    """A call's arguments as the object that clients need, and whether that is what the model wrote."""
    if kind is ToolKind.CUSTOM:
        return {"input": arguments}, True
    if not arguments.strip():
        return {}, True
    try:
        value = decode_value(arguments.encode())
    except (InvalidRequest, UnicodeEncodeError):
        value = None
    return (value, True) if isinstance(value, dict) else ({RAW_ARGUMENTS: arguments}, False)


def done_reason(ending: ev.Completed | ev.Incomplete) -> str:
    """The wire's word for how an answer ended; tool calls have none of their own."""
    cut = isinstance(ending, ev.Incomplete) and ending.reason == "max_output_tokens"
    return "length" if cut else "stop"


def figures(durations: Durations, usage: Usage | None) -> JsonObject:
    """Durations in nanoseconds and token counts, as the last line has them; unknown counts are left out."""
    counts = usage or Usage()
    told: JsonObject = {
        "total_duration": durations.prompt_ns + durations.eval_ns,
        "load_duration": 0,
        "prompt_eval_count": counts.input_tokens,
        "prompt_eval_duration": durations.prompt_ns,
        "eval_count": counts.output_tokens,
        "eval_duration": durations.eval_ns,
    }
    unknown = frozenset() if usage is not None else frozenset({"prompt_eval_count", "eval_count"})
    return {name: value for name, value in told.items() if name not in unknown}


def parse_usage(line: Line) -> Usage | None:
    """Token counts of a last line; a server leaves out the count of a prompt it had cached."""
    counts = (line.prompt_eval_count, line.eval_count)
    if not any(_is_count(value) for value in counts):
        return None
    read, written = (int(value) if _is_count(value) else 0 for value in counts)
    return Usage(input_tokens=read, output_tokens=written)


def _is_count(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 2**63
