"""The body of a chat completion request as a canonical request.

Rules of this file: liberal; a field is refused only where its wrong value, or our silence about it, would change what
the answer means.  What a field could not keep on the way is noted.  Unknown top-level members stay in ``extra``.
Source: OpenAI API reference, chat completions; the extensions of Cursor, DeepSeek, OpenRouter, Qwen and Z.ai clients.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.canonical.request import (
    Dialect,
    JsonOutput,
    OutputFormat,
    Reasoning,
    Sampling,
    SchemaOutput,
    SessionHints,
    TextOutput,
)
from codex_proxy.canonical.tools import Tool, ToolChoice
from codex_proxy.protocols.base import InvalidRequest, ParsedRequest
from codex_proxy.protocols.openai_chat.conversation.reading import parse_messages
from codex_proxy.protocols.openai_chat.schema import ChatRequest, ReplyForm
from codex_proxy.protocols.openai_chat.tools import declared_kinds, parse_tool_choice, parse_tools
from codex_proxy.protocols.parts.efforts import known_effort
from codex_proxy.protocols.parts.fields import Fields
from codex_proxy.protocols.parts.json_text import decode_object
from codex_proxy.protocols.parts.openai.asking import (
    no_probabilities,
    parse_sampling,
    parse_streaming,
    refuse_several,
)
from codex_proxy.protocols.parts.session_hints import conversation_id

_UNANSWERABLE: Final = {
    "previous_response_id": "earlier answers are not kept for this endpoint",
    "conversation": "conversations are not kept for this endpoint",
    "top_logprobs": "probabilities are not told",
}


def looks_like_responses(body: JsonObject) -> bool:
    """Whether a body on the chat path is a Responses request (Cursor sends them): ``input`` and no ``messages``.

    The server parses it with the Responses dialect, passes the request through ``adopt`` and answers with this one.
    """
    return body.get("messages") is None and body.get("input") is not None


def parse_form(headers: Mapping[str, str]) -> ReplyForm:
    """What this client's own headers say about the answers it can read.

    Cursor takes free-text calls only as functions; openai-python's ``stream()`` helper fails on ``type: custom``.
    """
    agent = headers.get("user-agent", "").lower()
    helper = headers.get("x-stainless-helper-method", "")
    return ReplyForm(custom_as_function="cursor" in agent or helper == "chat.completions.stream")


def parse_request(body: bytes, headers: Mapping[str, str]) -> ParsedRequest:
    """The client's body as a canonical request; ``headers`` have lower-case names.

    Raises:
        InvalidRequest: the body is no legal request; names the field.
    """
    fields = Fields(decode_object(body))
    notes: list[Note] = []
    form = _parse_reply_form(fields, headers)
    _refuse_unanswerable(fields, notes)
    tools = parse_tools(fields)
    messages = fields.take_list("messages")
    if messages is None:
        raise InvalidRequest("messages", "is required")
    turns, lost = parse_messages(messages, "messages", declared_kinds(tools))
    text = fields.take_fields("text") or Fields({}, "text")  # Responses spelling
    stream, include_usage, unread = parse_streaming(fields)
    metadata = fields.take_object("metadata") or {}
    request = ChatRequest(
        dialect=Dialect.OPENAI_CHAT,
        model=fields.take_string("model") or "",
        turns=turns,
        instructions=fields.take_string("instructions"),
        tools=tools,
        tool_choice=_parse_choice(fields, tools, notes),
        parallel_tool_calls=fields.take_bool("parallel_tool_calls"),
        output=_parse_output(fields, text, notes),
        reasoning=_parse_reasoning(fields, notes),
        sampling=_parse_sampling(fields, notes),
        service_tier=fields.take_string("service_tier"),
        verbosity=fields.take_string("verbosity") or text.take_string("verbosity"),
        stream=stream,
        include_usage=include_usage,
        metadata=metadata,
        session=_parse_session(fields, metadata, headers),
        form=form,
        extra={name: value for name, value in fields.rest().items() if value is not None} | unread,
    )
    return ParsedRequest(request=request, notes=(*notes, *lost), passable=True)


def _parse_reply_form(fields: Fields, headers: Mapping[str, str]) -> ReplyForm:
    form = parse_form(headers)
    return ReplyForm(
        custom_as_function=form.custom_as_function,
        legacy=fields.has("functions") and not fields.has("tools"),
        reasoning_details=fields.take_bool("include_reasoning_details") or False,
    )


def _refuse_unanswerable(fields: Fields, notes: list[Note]) -> None:
    """What would change the answer's meaning unseen is refused or noted as lossy."""
    refuse_several(fields, "n")
    modalities = fields.take_list("modalities") or []
    if "audio" in modalities:
        raise InvalidRequest("modalities", "audio answers are not supported", code="unsupported_value")
    for name, reason in _UNANSWERABLE.items():
        if fields.take(name) is not None:
            notes.append(Note(path=name, verdict=Verdict.DROPPED, weight=Weight.LOSSY, detail=reason))
    if fields.take("audio") is not None:
        notes.append(Note(path="audio", verdict=Verdict.DROPPED, detail="answers are text"))


def _parse_choice(fields: Fields, tools: tuple[Tool, ...], notes: list[Note]) -> ToolChoice | None:
    named = next((name for name in ("tool_choice", "function_call") if fields.has(name)), None)
    choice = parse_tool_choice(fields, tools)
    if named is not None and choice is None:
        notes.append(Note(path=named, verdict=Verdict.DROPPED, detail="there are no tools to choose from"))
    return choice


def _parse_output(fields: Fields, text: Fields, notes: list[Note]) -> OutputFormat | None:
    wanted = fields.take_fields("response_format") or text.take_fields("format")
    if wanted is None:
        return None
    kind = wanted.take_string("type")
    match kind:
        case "text":
            return TextOutput()
        case "json_object":
            return JsonOutput()
        case "json_schema":
            return _parse_schema(wanted.take_fields("json_schema") or wanted)
    notes.append(
        Note(path=wanted.at("type"), verdict=Verdict.DROPPED, weight=Weight.LOSSY, detail=f"unknown format {kind!r}")
    )
    return None


def _parse_schema(wanted: Fields) -> SchemaOutput:
    schema = wanted.take_object("schema")
    if schema is None:
        raise InvalidRequest(wanted.at("schema"), "is required")
    return SchemaOutput(
        name=wanted.take_string("name") or "response",
        schema=schema,
        strict=wanted.take_bool("strict"),
        description=wanted.take_string("description"),
    )


def _parse_reasoning(fields: Fields, notes: list[Note]) -> Reasoning:
    """One value from four spellings: OpenAI's, OpenRouter's, Anthropic's (DeepSeek, Z.ai) and Qwen's."""
    effort = known_effort(fields.take_string("reasoning_effort"), "reasoning_effort", notes)
    openrouter = fields.take_fields("reasoning") or Fields({}, "reasoning")
    openrouter_effort = known_effort(openrouter.take_string("effort"), openrouter.at("effort"), notes)
    thinking = fields.take_fields("thinking") or Fields({})
    enabled = openrouter.take_bool("enabled")
    switch = fields.take_bool("enable_thinking")
    off = enabled is False or switch is False or thinking.take_string("type") == "disabled"
    excluded = openrouter.take_bool("exclude")
    budget = openrouter.take_integer("max_tokens") or thinking.take_integer("budget_tokens")
    return Reasoning(
        effort=effort or openrouter_effort or ("none" if off else None),
        budget_tokens=budget or fields.take_integer("thinking_budget"),
        summary=openrouter.take_string("summary"),
        visible=False if excluded or fields.take_bool("include_reasoning") is False else None,
        extra=openrouter.rest(),
    )


def _parse_sampling(fields: Fields, notes: list[Note]) -> Sampling:
    logprobs = fields.take_bool("logprobs")
    if logprobs:
        notes.append(no_probabilities("logprobs"))
    return msgspec.structs.replace(parse_sampling(fields), logprobs=logprobs)


def _parse_session(fields: Fields, metadata: JsonObject, headers: Mapping[str, str]) -> SessionHints:
    names = ("session_id", "conversation_id")
    cache_key = fields.take_string("prompt_cache_key")
    told = [fields.take(name) for name in names] + [metadata.get(name) for name in names]
    return SessionHints(
        conversation_id=conversation_id(headers, cache_key, *told),
        prompt_cache_key=cache_key,
        user=fields.take_string("user"),
    )
