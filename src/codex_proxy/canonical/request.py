"""A request in our own words: a superset of what the dialects can say.

Rules of this file: pure values.  A field is None where the client did not say; defaults are policy and live elsewhere.
Sampling values are kept even though the Codex backend takes none of them, because other upstreams do.
"""

from enum import StrEnum
from typing import TypeAlias

import msgspec

from codex_proxy.canonical.blocks import Block, JsonObject
from codex_proxy.canonical.tools import Tool, ToolChoice


class Dialect(StrEnum):
    """A wire protocol a client or an upstream speaks."""

    OPENAI_CHAT = "openai_chat"
    OPENAI_COMPLETIONS = "openai_completions"
    OPENAI_RESPONSES = "openai_responses"
    OPENAI_IMAGES = "openai_images"
    ANTHROPIC = "anthropic"
    GEMINI = "gemini"
    OLLAMA = "ollama"
    CODEX = "codex"

    @property
    def family(self) -> "Dialect":
        """Whose frames this dialect's frames are: the Codex backend speaks Responses."""
        return Dialect.OPENAI_RESPONSES if self is Dialect.CODEX else self


class Role(StrEnum):
    """Who speaks in a turn."""

    SYSTEM = "system"
    DEVELOPER = "developer"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """Blocks of one speaker, in order.

    ``phase`` is ``commentary`` or ``final_answer`` on assistant turns of newer models.  A Responses item is one turn.
    """

    role: Role
    blocks: tuple[Block, ...]
    phase: str | None = None
    name: str | None = None
    item_id: str | None = None
    extra: JsonObject = {}


class TextOutput(msgspec.Struct, frozen=True, kw_only=True, tag="text"):
    """Free text."""


class JsonOutput(msgspec.Struct, frozen=True, kw_only=True, tag="json_object"):
    """Any JSON object."""


class SchemaOutput(msgspec.Struct, frozen=True, kw_only=True, tag="json_schema"):
    """JSON that fits ``schema``."""

    name: str
    schema: JsonObject
    strict: bool | None = None
    description: str | None = None


OutputFormat: TypeAlias = TextOutput | JsonOutput | SchemaOutput


class Reasoning(msgspec.Struct, frozen=True, kw_only=True):
    """How much the model should think and what of it the client wants to see.

    ``effort`` is a word of none < minimal < low < medium < high < xhigh < max; ``budget_tokens`` counts tokens;
    ``summary`` is ``auto``, ``concise`` or ``detailed``; ``visible`` False hides thoughts from the client.
    """

    effort: str | None = None
    budget_tokens: int | None = None
    summary: str | None = None
    visible: bool | None = None
    extra: JsonObject = {}


class Sampling(msgspec.Struct, frozen=True, kw_only=True):
    """How tokens are drawn and where the answer ends.  ``max_tokens`` counts output tokens; ``stop`` cuts the text."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: float | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    seed: int | None = None
    logit_bias: JsonObject | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    choice_count: int | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()


class SessionHints(msgspec.Struct, frozen=True, kw_only=True):
    """What the client said about the conversation this request belongs to.

    ``conversation_id`` is the client's own id (header or body), ``prompt_cache_key`` its cache key.
    ``codex`` is set only for clients of the Codex family.
    """

    conversation_id: str | None = None
    prompt_cache_key: str | None = None
    user: str | None = None
    codex: "CodexHints | None" = None


class CodexHints(msgspec.Struct, frozen=True, kw_only=True):
    """What a client of the Codex family sent beside the request, to be rewritten and passed on.

    ``client_metadata`` is the body's map; ``turn_metadata`` the decoded ``x-codex-turn-metadata`` header.
    """

    client_metadata: dict[str, str] = {}
    turn_metadata: JsonObject = {}
    turn_state: str | None = None
    beta_features: str | None = None
    window_id: str | None = None
    parent_thread_id: str | None = None
    subagent: str | None = None
    timing_metrics: str | None = None
    lite: bool = False


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One client request.

    ``model`` is as the client wrote it.  ``instructions`` is the dialect's own top-level instruction text; system and
    developer messages stay turns.  ``pictures_only`` says that generated pictures are all that counts of the answer,
    ``picture_links`` that they are wanted as links; ``knows_tools`` is False where the endpoint has no words for
    tools.  ``prompt_inline`` says that the system prompt is to stand in the conversation; None: as the owner has it.
    ``extra`` holds unknown top-level fields, under the name of ``dialect``.
    """

    dialect: Dialect
    model: str
    turns: tuple[Turn, ...]
    instructions: str | None = None
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    output: OutputFormat | None = None
    reasoning: Reasoning = Reasoning()
    sampling: Sampling = Sampling()
    service_tier: str | None = None
    verbosity: str | None = None
    stream: bool = False
    include_usage: bool = False
    include: tuple[str, ...] = ()
    previous_response_id: str | None = None
    pictures_only: bool = False
    picture_links: bool = False
    knows_tools: bool = True
    metadata: JsonObject = {}
    session: SessionHints = SessionHints()
    prompt_inline: bool | None = None
    extra: JsonObject = {}

    @property
    def is_codex_client(self) -> bool:
        """Whether a client of the Codex family sent this, which owns its items and wants transparency."""
        return self.session.codex is not None
