"""Wire facts of Gemini's ``generateContent``, shared by both roles.

Rules of this file: tables and shapes, no state.  Source: Google AI reference, ``v1beta`` and ``v1``; google-genai 3.4
to 3.6; recorded answers of AI Studio and Vertex.
"""

from enum import StrEnum
from typing import Final

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.request import Request
from codex_proxy.canonical.usage import Usage
from codex_proxy.protocols.parts.legality import Grammar

ORIGIN: Final = "gemini"
"""Whose thought signatures are Gemini's own."""

IMAGE_GENERATION: Final = "image_generation_call"
WEB_SEARCH_CALL: Final = "web_search_call"
CODE_INTERPRETER_CALL: Final = "code_interpreter_call"

# ``begin`` is never written: the first chunk is like any other.
GRAMMAR: Final = Grammar(
    start="begin",
    free=frozenset({"text", "thought", "call", "media", "code", "signature", "part"}),
    finish=frozenset({"finish", "error", "blocked"}),
    before=frozenset(),
)


class Verb(StrEnum):
    """What a path asks of a model, as it stands behind the colon."""

    GENERATE = "generateContent"
    STREAM = "streamGenerateContent"
    COUNT = "countTokens"


class ReplyForm(msgspec.Struct, frozen=True, kw_only=True):
    """What this client's answer must look like.

    ``thoughts`` shows thought summaries; ``bare_text`` takes the quotes off a JSON string, for ``text/x.enum``;
    ``tier`` tells the service tier beside the usage.
    """

    thoughts: bool = False
    bare_text: bool = False
    tier: bool = False


class GeminiRequest(Request, frozen=True, kw_only=True):
    """A canonical request that remembers the form its client reads."""

    form: ReplyForm = ReplyForm()


class GeminiProfile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one vendor of the dialect can say; pure data.

    The call: ``path`` is the prefix before ``models/``; ``key_header`` carries the key, as a bearer token if it is
    ``authorization``; ``headers`` and the members ``sends`` go with every call, what the client says of the same name
    wins over the latter; ``refuses`` are members that are left out (``generationConfig.seed`` is one of a member).

    ``call_ids`` says whether calls and their responses carry ids (Vertex refused them before Gemini 3); ``json_schema``
    whether tools and answers take JSON Schema, else Gemini's own subset; ``thinking_levels`` are the models, by the
    beginning of their id, that take a level in place of a token budget, whose bounds are ``least_budget`` and
    ``most_budget``; ``thinks`` False never speaks of thinking; ``signed`` are those that refuse a first call without a
    thought signature.
    """

    path: str = "/v1beta"
    call_ids: bool = True
    json_schema: bool = True
    thinking_levels: tuple[str, ...] = ("gemini-3",)
    signed: tuple[str, ...] = ("gemini-3",)
    key_header: str = "x-goog-api-key"
    headers: tuple[tuple[str, str], ...] = ()
    sends: JsonObject = {}
    refuses: tuple[str, ...] = ()
    thinks: bool = True
    least_budget: int = 0
    most_budget: int = 24_576


SKIP_SIGNATURE: Final = "skip_thought_signature_validator"
SENTINELS: Final = frozenset({SKIP_SIGNATURE, "context_engineering_is_the_way_to_go"})
"""What clients write where they hold no signature; Google documents both."""


def usage_object(usage: Usage, service_tier: str | None = None) -> JsonObject:
    """Token counts as ``usageMetadata``; Gemini counts thoughts apart from the answer."""
    made: JsonObject = {
        "promptTokenCount": usage.input_tokens,
        "candidatesTokenCount": max(0, usage.output_tokens - usage.reasoning_tokens),
        "totalTokenCount": usage.total_tokens,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": usage.input_tokens}],
    }
    if usage.cached_tokens:
        made["cachedContentTokenCount"] = usage.cached_tokens
    if usage.reasoning_tokens:
        made["thoughtsTokenCount"] = usage.reasoning_tokens
    if service_tier is not None:
        made["serviceTier"] = service_tier
    return made


def parse_usage(told: JsonObject) -> Usage:
    """The same, read; what is no number counts as 0.  Prompts of the vendor's own tools count as input."""
    thoughts = _count(told, "thoughtsTokenCount")
    return Usage(
        input_tokens=_count(told, "promptTokenCount") + _count(told, "toolUsePromptTokenCount"),
        cached_tokens=_count(told, "cachedContentTokenCount"),
        output_tokens=_count(told, "candidatesTokenCount") + thoughts,
        reasoning_tokens=thoughts,
        extra={name: value for name, value in told.items() if name not in _COUNTS},
    )


def has_counts(told: JsonObject) -> bool:
    """Whether there are counts; Vertex begins its streams with a ``usageMetadata`` that has none."""
    return bool(_COUNTS & told.keys())


_COUNTS: Final = frozenset(
    {
        "promptTokenCount",
        "toolUsePromptTokenCount",
        "cachedContentTokenCount",
        "candidatesTokenCount",
        "thoughtsTokenCount",
        "totalTokenCount",
    }
)


def _count(members: JsonObject, name: str) -> int:
    value = members.get(name)
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) and value > 0 else 0
