"""Shapes of the Messages wire: our request form, vendor profiles, the stream grammar, words for how an answer ends.

Rules of this file: declarations and pure shapes, no policy.  Source: Anthropic API reference, Messages; models of
anthropic 2.14 for Python; recorded streams of api.anthropic.com and OpenRouter.
"""

from enum import StrEnum
from typing import Any, Final

import msgspec

from codex_proxy.canonical.blocks import Annotation, JsonObject
from codex_proxy.canonical.request import Dialect, Request, Turn
from codex_proxy.canonical.tools import Tool
from codex_proxy.protocols.parts.legality import Grammar

ORIGIN: Final = Dialect.ANTHROPIC.value
"""Whose reasoning tokens are Anthropic's own; see ``parts.signatures``."""

WEB_SEARCH: Final = "web_search"
WEB_SEARCH_CALL: Final = "web_search_call"
IMAGE_GENERATION_CALL: Final = "image_generation_call"
PART_SEPARATOR: Final = "\n\n"
MAX_CITED_CHARACTERS: Final = 150

TEXT: Final = "text"
THINKING: Final = "thinking"
CALL: Final = "call"
WHOLE: Final = "whole"

_KINDS: Final = {
    "text": TEXT,
    "thinking": THINKING,
    "tool_use": CALL,
    "server_tool_use": CALL,
    "mcp_tool_use": CALL,
}
OTHER_DELTA: Final = "other_delta"
_DELTAS: Final = {
    "text_delta": frozenset({TEXT}),
    "citations_delta": frozenset({TEXT}),
    "thinking_delta": frozenset({THINKING}),
    "signature_delta": frozenset({THINKING}),
    "input_json_delta": frozenset({CALL}),
    OTHER_DELTA: frozenset({TEXT, THINKING, CALL, WHOLE}),
}

# A failed answer leaves its block open on the wire; the encoder closes it for the machine alone.
GRAMMAR: Final = Grammar(
    start="message_start",
    opens={f"start {kind}": kind for kind in (TEXT, THINKING, CALL, WHOLE)},
    inside=_DELTAS,
    closes={f"stop {kind}": kind for kind in (TEXT, THINKING, CALL, WHOLE)},
    free=frozenset({"ping"}),
    finish=frozenset({"message_delta", "error"}),
    after=frozenset({"message_stop"}),
    before=frozenset({"ping", "error"}),
    one_at_a_time=True,
)


def kind_of(block_type: str) -> str:
    """The grammar's kind for a content block's ``type``; ``whole`` for blocks that come in one piece."""
    return _KINDS.get(block_type, WHOLE)


def delta_token(delta_type: object) -> str:
    """The grammar's token for a delta's ``type``."""
    return delta_type if isinstance(delta_type, str) and delta_type in _DELTAS else OTHER_DELTA


class Display(StrEnum):
    """What of the model's thoughts the client sees: nothing, the signature alone, or the words too."""

    HIDDEN = "hidden"
    OMITTED = "omitted"
    SHOWN = "shown"


class NativeBody(msgspec.Struct, frozen=True, kw_only=True):
    """The client's own body, for upstreams that speak its dialect.

    ``turns`` are those parsed from it: a request whose turns are others was changed and must be written anew;
    ``tools`` those, too: what a request has behind them was added.
    ``version`` and ``betas`` are the client's ``anthropic-version`` and ``anthropic-beta`` headers.
    """

    members: JsonObject
    turns: tuple[Turn, ...]
    tools: tuple[Tool, ...] = ()
    version: str | None = None
    betas: str | None = None


class AnthropicRequest(Request, frozen=True, kw_only=True):
    """A canonical request that remembers its own body and the form its client reads.

    ``searches`` says that the client offered Anthropic's web search, so that it expects citations.
    """

    display: Display = Display.HIDDEN
    searches: bool = False
    native: NativeBody | None = None


class Thinks(StrEnum):
    """How a vendor's models are told to think."""

    ADAPTIVE = "adaptive"
    BUDGET = "budget"
    NONE = "none"


class AnthropicProfile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one vendor of this dialect can take; pure data.

    The call: in ``path`` ``{model}`` stands for the model; ``key_header`` carries the key, as a bearer token if it is
    ``authorization``; ``headers`` and the members ``sends`` go with every call, what the client says of the same name
    wins over the latter; ``refuses`` are members that are left out.

    Thinking: ``thinks`` and ``effort`` say how it is told to think, ``thinking_off`` is the type that says not to, None
    where nothing does.  Asking: ``long_context_beta`` has to be said for a window of a million tokens, where it is set;
    ``system_messages``: instructions may stand among the messages; ``structured_outputs``: it takes an output schema;
    ``temperature_or_top_p``: it takes one of them at a time; ``cache_marks`` are set for
    clients of other dialects; ``max_tokens`` is the output limit where neither client nor model facts name one.
    ``images``, ``image_links`` (that the vendor fetches) and ``documents`` are what it reads.
    """

    path: str = "/v1/messages"
    version: str = "2023-06-01"
    key_header: str = "x-api-key"
    sends: JsonObject = {}
    refuses: tuple[str, ...] = ()
    thinks: Thinks = Thinks.ADAPTIVE
    thinking_off: str | None = "disabled"
    effort: bool = True
    images: bool = True
    image_links: bool = True
    documents: bool = True
    system_messages: bool = False
    structured_outputs: bool = True
    temperature_or_top_p: bool = False
    strict: bool = True
    web_search: bool = True
    long_context_beta: str | None = None
    cache_marks: bool = True
    max_tokens: int = 32_000
    headers: tuple[tuple[str, str], ...] = ()


class Delta(msgspec.Struct, frozen=True):
    """A ``delta`` of a content block or of the message; odd members are judged by the decoder."""

    type: Any = None
    text: Any = None
    thinking: Any = None
    signature: Any = None
    partial_json: Any = None
    citation: Any = None
    stop_reason: Any = None
    stop_sequence: Any = None


class WireEvent(msgspec.Struct, frozen=True):
    """One event of a stream; blocks and messages stay raw until they are needed."""

    type: Any = None
    index: Any = None
    message: msgspec.Raw = msgspec.Raw()
    content_block: msgspec.Raw = msgspec.Raw()
    delta: Delta | None = None
    usage: Any = None
    error: Any = None


def citation_object(annotation: Annotation, text: str) -> JsonObject | None:
    """A citation in the wire's shape; ``text`` is the block's text so far.  None for kinds without a form here."""
    if annotation.kind.endswith("_location"):
        return {"type": annotation.kind, **annotation.extra}
    if annotation.kind != "url_citation":
        return None
    start, end = annotation.start_index or 0, annotation.end_index
    cited = annotation.extra.get("cited_text")
    return {
        "type": "web_search_result_location",
        "cited_text": cited if isinstance(cited, str) else text[start:end][:MAX_CITED_CHARACTERS],
        "url": annotation.url or "",
        "title": annotation.title,
        "encrypted_index": annotation.extra.get("encrypted_index", ""),
    }


def read_citation(told: JsonObject, text_length: int) -> Annotation | None:
    """A citation of a block of ``text_length`` characters, which it covers whole; None for what is none."""
    kind = told.get("type")
    if not isinstance(kind, str):
        return None
    if kind != "web_search_result_location":
        return Annotation(kind=kind, extra={name: value for name, value in told.items() if name != "type"})
    url, title = told.get("url"), told.get("title")
    return Annotation(
        kind="url_citation",
        url=url if isinstance(url, str) else "",
        title=title if isinstance(title, str) else None,
        start_index=0,
        end_index=text_length,
        extra={name: told[name] for name in ("cited_text", "encrypted_index") if name in told},
    )
