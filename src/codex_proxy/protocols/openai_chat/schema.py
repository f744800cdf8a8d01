"""Shapes of the chat wire: chunks as vendors send them, objects and forms of a reply as we write them, the grammar.

Rules of this file: declarations and pure shapes, no policy.  Members that vendors disagree on are ``Any`` and judged
by the decoder, so that one odd member never costs the whole chunk.  Source: OpenAI API reference, chat completions;
recorded streams of Azure, DeepSeek, Groq, Mistral, OpenRouter, Perplexity, Snowflake, Venice, xAI and Z.ai.
"""

from enum import StrEnum
from typing import Any, Final

import msgspec

from codex_proxy.canonical.blocks import Annotation, JsonObject, Thinking
from codex_proxy.canonical.events import ThinkingEnded
from codex_proxy.canonical.request import Request
from codex_proxy.canonical.usage import Usage
from codex_proxy.protocols.openai_chat.tokens import ENCRYPTED_DETAIL, RESPONSES_FORM
from codex_proxy.protocols.parts.legality import Grammar
from codex_proxy.protocols.parts.signatures import write_signature

ORIGIN: Final = "openai_chat"
"""Whose reasoning tokens are a chat vendor's own."""

IMAGE_GENERATION: Final = "image_generation_call"

# ``call_end`` is never written: a chat stream closes its calls silently, at the finish chunk.
GRAMMAR: Final = Grammar(
    start="role",
    free=frozenset({"content", "reasoning", "reasoning_details", "refusal", "annotations", "image"}),
    opens={"call": "call"},
    inside={"arguments": frozenset({"call"})},
    closes={"call_end": "call"},
    finish=frozenset({"finish", "error"}),
    after=frozenset({"usage", "done"}),
    before=frozenset({"error"}),
)


class ReasoningField(StrEnum):
    """Which delta member carries thoughts: DeepSeek's word, OpenRouter's, both, or none."""

    REASONING_CONTENT = "reasoning_content"
    REASONING = "reasoning"
    BOTH = "both"
    NONE = "none"

    @property
    def members(self) -> tuple[str, ...]:
        """The names of the members to write."""
        return _REASONING_MEMBERS[self]


_REASONING_MEMBERS: Final = {
    ReasoningField.REASONING_CONTENT: ("reasoning_content",),
    ReasoningField.REASONING: ("reasoning",),
    ReasoningField.BOTH: ("reasoning_content", "reasoning"),
    ReasoningField.NONE: (),
}


class ReplyForm(msgspec.Struct, frozen=True, kw_only=True):
    """What this client's answer must look like beyond the standard.

    ``custom_as_function`` writes calls of custom tools as functions with the raw text as arguments; ``legacy`` answers
    with ``function_call``; ``reasoning_details`` adds the encrypted reasoning; ``heartbeat_chunks`` fills silence with
    chunks that say nothing, since some relays pass comments on as data.
    """

    custom_as_function: bool = False
    legacy: bool = False
    reasoning_details: bool = False
    heartbeat_chunks: bool = False


class ChatRequest(Request, frozen=True, kw_only=True):
    """A canonical request that remembers the form its client reads."""

    form: ReplyForm = ReplyForm()


class FunctionPiece(msgspec.Struct, frozen=True):
    """A call's name and arguments, or a piece of them."""

    name: Any = None
    arguments: Any = None


class CustomPiece(msgspec.Struct, frozen=True):
    """The same of a custom tool."""

    name: Any = None
    input: Any = None


class CallPiece(msgspec.Struct, frozen=True):
    """One element of ``tool_calls``."""

    index: Any = None
    id: Any = None
    function: FunctionPiece | None = None
    custom: CustomPiece | None = None


class Delta(msgspec.Struct, frozen=True):
    """A ``delta``, or the ``message`` of an unstreamed answer."""

    content: Any = None
    reasoning_content: Any = None
    reasoning: Any = None
    reasoning_details: Any = None
    refusal: Any = None
    tool_calls: list[CallPiece] | None = None
    function_call: FunctionPiece | None = None
    annotations: Any = None
    audio: Any = None
    images: Any = None


class Choice(msgspec.Struct, frozen=True):
    """One choice; only number 0 is read."""

    index: Any = 0
    delta: Delta | None = None
    message: Delta | None = None
    finish_reason: Any = None
    usage: Any = None
    error: Any = None


class Chunk(msgspec.Struct, frozen=True):
    """A chunk or a whole completion."""

    id: Any = None
    model: Any = None
    created: Any = None
    choices: list[Choice] | None = None
    usage: Any = None
    x_groq: Any = None
    service_tier: Any = None
    error: Any = None


def annotation_object(annotation: Annotation, offset: int) -> JsonObject | None:
    """A web citation, moved by the text before its block; None for kinds that chat has no word for."""
    if annotation.kind != "url_citation":
        return None
    citation: JsonObject = {
        **annotation.extra,
        "url": annotation.url or "",
        "title": annotation.title or "",
        "start_index": (annotation.start_index or 0) + offset,
        "end_index": (annotation.end_index or 0) + offset,
    }
    return {"type": "url_citation", "url_citation": citation}


def image_object(item: JsonObject, index: int) -> JsonObject | None:
    """A generated picture as OpenRouter shows it; None while there is none."""
    result = item.get("result")
    if not isinstance(result, str) or not result:
        return None
    form = item.get("output_format")
    media_type = f"image/{form}" if isinstance(form, str) and form else "image/png"
    return {"type": "image_url", "image_url": {"url": f"data:{media_type};base64,{result}"}, "index": index}


def reasoning_detail(token: str, thought: Thinking | ThinkingEnded) -> JsonObject:
    """A thought's token for clients that asked for it, in OpenRouter's shape; all but the Codex family's are sealed."""
    sealed = write_signature(token, origin=thought.origin, item_id=thought.item_id, own=None, redacted=thought.redacted)
    detail = {"type": ENCRYPTED_DETAIL, "data": sealed, "format": RESPONSES_FORM}
    return {**detail, "id": thought.item_id} if thought.item_id else detail


def parse_usage(usage: JsonObject) -> Usage:
    """Token counts as vendors tell them; what is no number counts as 0.

    xAI leaves reasoning out of ``completion_tokens`` and counts it in the total only; DeepSeek, Moonshot and Venice
    have their own words for cached tokens.
    """
    prompt, completion = _members(usage, "prompt_tokens_details"), _members(usage, "completion_tokens_details")
    input_tokens, output_tokens = _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")
    reasoning = _count(completion, "reasoning_tokens") or _count(usage, "reasoning_tokens")
    if reasoning and _count(usage, "total_tokens") == input_tokens + output_tokens + reasoning:
        output_tokens += reasoning
    cached = _count(prompt, "cached_tokens") or next(
        (count for name in _CACHED_WORDS if (count := _count(usage, name))), 0
    )
    return Usage(
        input_tokens=input_tokens,
        cached_tokens=cached,
        cache_write_tokens=_count(prompt, "cache_write_tokens") if "cache_write_tokens" in prompt else None,
        output_tokens=output_tokens,
        reasoning_tokens=reasoning,
        extra={name: value for name, value in usage.items() if name not in _USAGE_MEMBERS},
    )


_CACHED_WORDS: Final = ("cached_tokens", "prompt_cache_hit_tokens", "cache_read_input_tokens")
_USAGE_MEMBERS: Final = frozenset(
    {"prompt_tokens", "completion_tokens", "total_tokens", "prompt_tokens_details", "completion_tokens_details"}
)


def _members(members: JsonObject, name: str) -> JsonObject:
    value = members.get(name)
    return value if isinstance(value, dict) else {}


def _count(members: JsonObject, name: str) -> int:
    value = members.get(name)
    return int(value) if isinstance(value, int | float) and value > 0 else 0
