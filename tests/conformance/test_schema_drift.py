"""Names that the official SDKs know and we do not: the day a dialect grows, this test says by what.

What our code reads is asked of the code: a request with the member in it, a stream's table of readers, the members of a
schema's structs.  The rest stands in ``known_names`` with its reason.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import anthropic.types.beta as anthropic_types
import msgspec
import ollama._types as ollama_types
import pytest
from anthropic.types.beta import message_create_params as anthropic_params
from google.genai import types as gemini_types
from openai.types import CompletionUsage, chat, responses
from openai.types.chat import chat_completion_chunk, completion_create_params
from openai.types.responses import response_create_params

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Hosted, Opaque
from codex_proxy.canonical.fold import fold
from codex_proxy.canonical.tools import HostedTool
from codex_proxy.protocols.anthropic.client import AnthropicClient
from codex_proxy.protocols.anthropic.endings import ending_of
from codex_proxy.protocols.anthropic.server import AnthropicServer
from codex_proxy.protocols.anthropic.stream.decoder import KNOWN_DELTAS
from codex_proxy.protocols.base import InvalidRequest, ParsedRequest, ServerCodec, UpstreamCall
from codex_proxy.protocols.gemini.client import GeminiClient
from codex_proxy.protocols.gemini.server import GeminiServer
from codex_proxy.protocols.ollama import schema as ollama_schema
from codex_proxy.protocols.ollama.server import OllamaServer
from codex_proxy.protocols.openai_chat import schema as chat_schema
from codex_proxy.protocols.openai_chat.server import ChatServer
from codex_proxy.protocols.openai_responses.server import ResponsesServer
from codex_proxy.protocols.openai_responses.stream import schema as responses_schema
from codex_proxy.protocols.openai_responses.stream.item_events import READERS
from tests.conformance import known_names
from tests.conformance.sdk_names import alternatives, members, tags, words

CALL = UpstreamCall(method="POST", path="/x", headers=())
PROBE = {"x_probe": 1}  # a value of the wrong shape for most members
USER = {"role": "user", "content": "x"}
CHAT: dict[str, Any] = {"model": "m", "messages": [USER]}
RESPONSES: dict[str, Any] = {"model": "m", "input": "x"}
ANTHROPIC: dict[str, Any] = {"model": "m", "max_tokens": 9, "messages": [USER]}
GEMINI: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": "x"}]}]}
OLLAMA: dict[str, Any] = {"model": "m", "messages": [USER]}
GENERATE: dict[str, Any] = {"model": "m", "prompt": "x"}
GENERATES = OllamaServer(ollama_schema.Endpoint.GENERATE)
FUNCTION = {"functionDeclarations": [{"name": "f"}]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Names that may stand in one place: the SDK's, and what our code does with one of them (True: it is read)."""

    sdk: frozenset[str]
    reads: Callable[[str], bool]


def parsed(codec: ServerCodec, body: Mapping[str, Any]) -> ParsedRequest | None:
    """The request; None where a member is refused, and so was read."""
    try:
        return codec.parse_request(json.dumps(body).encode(), headers={})
    except InvalidRequest:
        return None


def request_member(codec: ServerCodec, body: Mapping[str, Any], *, inside: str = "") -> Callable[[str], bool]:
    """Whether a member, at the top or ``inside`` one, is read, and not kept as unknown."""

    def reads(name: str) -> bool:
        told = {inside: {name: PROBE}} if inside else {name: PROBE}
        made = parsed(codec, {**body, **told})
        return made is None or not {name, f"{inside}.{name}"} & made.request.extra.keys()

    return reads


def message_member(role: str, **needed: Any) -> Callable[[str], bool]:
    def reads(name: str) -> bool:
        made = parsed(ChatServer(), {**CHAT, "messages": [USER, {"role": role, "content": "x", **needed, name: PROBE}]})
        return made is None or all(name not in turn.extra for turn in made.request.turns)

    return reads


def block_kind(codec: ServerCodec, asked: Callable[[dict[str, Any]], Mapping[str, Any]]) -> Callable[[str], bool]:
    """Whether a block of this type has a meaning, and is not carried along unread.

    What only its own upstream can run has one: it goes back there whole, and to others in words.
    """

    def reads(kind: str) -> bool:
        made = parsed(codec, asked({"type": kind}))
        blocks = [block for turn in made.request.turns for block in turn.blocks] if made else []
        unread = [block for block in blocks if isinstance(block, Opaque | Hosted)]
        return all(isinstance(block, Hosted) and block.origin for block in unread)

    return reads


def tool_kind(codec: ServerCodec, body: Mapping[str, Any]) -> Callable[[str], bool]:
    """Whether a tool of this type is one of ours; others are handed on as they are, or dropped."""

    def reads(kind: str) -> bool:
        made = parsed(codec, {**body, "tools": [{"type": kind}]})
        if made is None:
            return True
        return not made.notes and not any(
            isinstance(tool, HostedTool) and tool.kind == kind for tool in made.request.tools
        )

    return reads


def gemini_part(name: str) -> bool:
    """Whether a part of either side may be this, or say this of itself."""

    def told(role: str, **more: Any) -> ParsedRequest | None:
        contents = [*GEMINI["contents"], {"role": role, "parts": [{name: PROBE, **more}]}]
        return parsed(GeminiServer(model="m"), {"contents": contents})

    alone = [told("user"), told("model")]
    return any(made is None or not made.notes for made in alone)


def gemini_tool(name: str) -> bool:
    made = parsed(GeminiServer(model="m"), {**GEMINI, "tools": [FUNCTION, {name: {}}]})
    return made is None or not made.notes


def option(name: str) -> bool:
    """An option is read where it changes what is asked."""
    plain, told = parsed(OllamaServer(), OLLAMA), parsed(OllamaServer(), {**OLLAMA, "options": {name: 7}})
    return told is None or plain is None or told.request.sampling != plain.request.sampling


def in_struct(*shapes: type[msgspec.Struct]) -> Callable[[str], bool]:
    known = {name for shape in shapes for name in shape.__struct_fields__}
    return known.__contains__


def anthropic_event(name: str) -> bool:
    steps = AnthropicClient().open_stream(CALL).feed(f'event: {name}\ndata: {{"type":"{name}"}}\n\n'.encode())
    return not any(isinstance(event, ev.OpaqueEvent) for step in steps for event in step.events)


def anthropic_block(kind: str) -> bool:
    """A block of an answer is text, thought or call, or an item of a hosted tool that Responses clients know too."""
    message = {"type": "message", "role": "assistant", "content": [{"type": kind, "id": "x", "name": "f", "input": {}}]}
    ended = {"stop_reason": "end_turn", "usage": {"input_tokens": 1, "output_tokens": 1}}
    response = fold(AnthropicClient().parse_response(CALL, json.dumps({**message, **ended}).encode()))
    return not any(isinstance(part.block, Hosted) and part.block.origin for part in response.parts)


def anthropic_usage(name: str) -> bool:
    message = {"type": "message", "role": "assistant", "content": [], "stop_reason": "end_turn", "usage": {name: 1}}
    usage = fold(AnthropicClient().parse_response(CALL, json.dumps(message).encode())).usage
    return usage is None or name not in usage.extra


def stop_reason(word: str) -> bool:
    ending = ending_of(word, None)
    return not (isinstance(ending, ev.Incomplete) and ending.reason == word)


def gemini_finish(word: str) -> bool:
    """Whether an ending is made of the word; every other one keeps it, as the reason of an answer that is not whole."""
    content = {"role": "model", "parts": [{"text": "x"}]}
    body = {"candidates": [{"content": content, "finishReason": word}]}
    response = fold(GeminiClient().parse_response(CALL, json.dumps(body).encode()))
    return response.ending != ev.Incomplete(reason=word.lower())


def items(kind: dict[str, Any]) -> Mapping[str, Any]:
    return {**RESPONSES, "input": [kind]}


def item_content(part: dict[str, Any]) -> Mapping[str, Any]:
    return {**RESPONSES, "input": [{"type": "message", "role": "user", "content": [part]}]}


def chat_content(part: dict[str, Any]) -> Mapping[str, Any]:
    return {**CHAT, "messages": [{"role": "user", "content": [part]}]}


def anthropic_content(block: dict[str, Any]) -> Mapping[str, Any]:
    return {**ANTHROPIC, "messages": [USER, {"role": "assistant", "content": [block, {"type": "text", "text": "x"}]}]}


def wire(*shapes: Any) -> frozenset[str]:
    return members(*shapes, by_alias=True)


def by_role(role: str) -> frozenset[str]:
    return members(*(one for one in alternatives(chat.ChatCompletionMessageParam) if role in tags(one, "role")))


_GENERATION = wire(gemini_types.GenerationConfig)
_RELAYED = frozenset({responses_schema.CREATED}) | responses_schema.HOLDS_RESPONSE | {"error"}

PLACES: dict[str, Place] = {
    "openai_chat request": Place(
        sdk=members(completion_create_params.CompletionCreateParamsBase) | {"stream"},
        reads=request_member(ChatServer(), CHAT),
    ),
    "openai_chat user message": Place(sdk=by_role("user"), reads=message_member("user")),
    "openai_chat assistant message": Place(sdk=by_role("assistant"), reads=message_member("assistant")),
    "openai_chat tool message": Place(sdk=by_role("tool"), reads=message_member("tool", tool_call_id="c")),
    "openai_chat content part": Place(
        sdk=tags(chat.ChatCompletionContentPartParam), reads=block_kind(ChatServer(), chat_content)
    ),
    "openai_chat tool": Place(sdk=tags(chat.ChatCompletionToolUnionParam), reads=tool_kind(ChatServer(), CHAT)),
    "openai_chat chunk": Place(sdk=members(chat.ChatCompletionChunk), reads=in_struct(chat_schema.Chunk)),
    "openai_chat choice": Place(sdk=members(chat_completion_chunk.Choice), reads=in_struct(chat_schema.Choice)),
    "openai_chat delta": Place(sdk=members(chat_completion_chunk.ChoiceDelta), reads=in_struct(chat_schema.Delta)),
    "openai_chat usage": Place(
        sdk=members(CompletionUsage), reads=lambda name: name not in chat_schema.parse_usage({name: 1}).extra
    ),
    "openai_responses request": Place(
        sdk=members(response_create_params.ResponseCreateParamsBase) | {"stream"},
        reads=request_member(ResponsesServer(), RESPONSES),
    ),
    "openai_responses item": Place(
        sdk=tags(responses.ResponseInputItemParam), reads=block_kind(ResponsesServer(), items)
    ),
    "openai_responses content part": Place(
        sdk=tags(responses.ResponseInputContentParam), reads=block_kind(ResponsesServer(), item_content)
    ),
    "openai_responses tool": Place(sdk=tags(responses.ToolParam), reads=tool_kind(ResponsesServer(), RESPONSES)),
    "openai_responses event": Place(
        sdk=tags(responses.ResponseStreamEvent), reads=lambda name: name in READERS or name in _RELAYED
    ),
    "anthropic request": Place(
        sdk=members(anthropic_params.MessageCreateParamsBase) | {"stream"},
        reads=request_member(AnthropicServer(), ANTHROPIC),
    ),
    "anthropic content block": Place(
        sdk=tags(anthropic_types.BetaContentBlockParam), reads=block_kind(AnthropicServer(), anthropic_content)
    ),
    "anthropic tool": Place(
        sdk=tags(anthropic_types.BetaToolUnionParam), reads=tool_kind(AnthropicServer(), ANTHROPIC)
    ),
    "anthropic event": Place(sdk=tags(anthropic_types.BetaRawMessageStreamEvent), reads=anthropic_event),
    "anthropic delta": Place(sdk=tags(anthropic_types.BetaRawContentBlockDelta), reads=KNOWN_DELTAS.__contains__),
    "anthropic answer block": Place(sdk=tags(anthropic_types.BetaContentBlock), reads=anthropic_block),
    "anthropic stop reason": Place(sdk=words(anthropic_types.BetaStopReason), reads=stop_reason),
    "anthropic usage": Place(
        sdk=members(anthropic_types.BetaUsage, anthropic_types.BetaMessageDeltaUsage), reads=anthropic_usage
    ),
    "gemini request": Place(
        sdk=(wire(gemini_types.GenerateContentConfig) - _GENERATION) | {"contents", "generationConfig"},
        reads=request_member(GeminiServer(model="m"), GEMINI),
    ),
    "gemini generationConfig": Place(
        sdk=_GENERATION, reads=request_member(GeminiServer(model="m"), GEMINI, inside="generationConfig")
    ),
    "gemini toolConfig": Place(
        sdk=wire(gemini_types.ToolConfig), reads=request_member(GeminiServer(model="m"), GEMINI, inside="toolConfig")
    ),
    "gemini part": Place(sdk=wire(gemini_types.Part), reads=gemini_part),
    "gemini tool": Place(sdk=wire(gemini_types.Tool), reads=gemini_tool),
    "gemini finish reason": Place(sdk=words(gemini_types.FinishReason), reads=gemini_finish),
    "ollama chat request": Place(sdk=members(ollama_types.ChatRequest), reads=request_member(OllamaServer(), OLLAMA)),
    "ollama generate request": Place(
        sdk=members(ollama_types.GenerateRequest), reads=request_member(GENERATES, GENERATE)
    ),
    "ollama option": Place(sdk=members(ollama_types.Options), reads=option),
    "ollama answer": Place(
        sdk=members(ollama_types.ChatResponse, ollama_types.GenerateResponse), reads=in_struct(ollama_schema.Line)
    ),
    "ollama message": Place(sdk=members(ollama_types.Message), reads=in_struct(ollama_schema.MessagePart)),
}


@pytest.mark.parametrize("place", PLACES)
def test_every_name_of_the_sdk_is_read_or_known(place: str) -> None:
    where = PLACES[place]
    assert where.sdk
    unread = {name for name in where.sdk if not where.reads(name)}
    known = known_names.KNOWN.get(place, {})
    assert sorted(unread - known.keys()) == [], "new names: read them, or say in known_names why not"
    assert sorted(known.keys() - unread) == [], "no longer unread, or gone from the SDK: delete these rows"


def test_every_row_says_why_and_every_table_has_its_place() -> None:
    assert known_names.KNOWN.keys() <= PLACES.keys()
    assert all(reason for rows in known_names.KNOWN.values() for reason in rows.values())


def test_a_name_that_nobody_knows_is_noticed_everywhere() -> None:
    """A probe that reads everything would let the other test pass."""
    deaf = [place for place, where in PLACES.items() if where.reads("brand_new_name")]
    assert deaf == []
