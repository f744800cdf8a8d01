"""Responses request bodies to canonical requests.

Rules of this file: an unknown member or an unknown word is never an error; refused is only what would change the
answer unseen.  Members nobody here knows stay in ``extra``.  Source: OpenAI API reference; captures of Codex CLI 0.169.
"""

import re
from collections.abc import Mapping
from typing import Final

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.notes import Note
from codex_proxy.canonical.request import (
    CodexHints,
    Dialect,
    JsonOutput,
    OutputFormat,
    Reasoning,
    Request,
    Sampling,
    SchemaOutput,
    SessionHints,
    TextOutput,
    Turn,
)
from codex_proxy.protocols.base import InvalidRequest, ParsedRequest
from codex_proxy.protocols.openai_responses.request.items import parse_input
from codex_proxy.protocols.openai_responses.request.tools import parse_choice, parse_tools
from codex_proxy.protocols.parts.asking.nested import kept_within
from codex_proxy.protocols.parts.efforts import known_effort
from codex_proxy.protocols.parts.fields import Fields
from codex_proxy.protocols.parts.json_text import decode_object
from codex_proxy.protocols.parts.session_hints import conversation_id

_CODEX_AGENT: Final = re.compile(r"(?:codex[_-]|Codex Desktop)", re.IGNORECASE)
_CODEX_HEADERS: Final = ("x-codex-turn-metadata", "x-codex-window-id", "x-codex-turn-state", "x-codex-beta-features")

REFUSED: Final = {
    "background": "answers are not stored, so none can run in the background",
    "conversation": "conversations are not stored; send the input items",
    "prompt": "stored prompts are not available; send instructions and input",
}


def parse_request_body(body: bytes, *, headers: Mapping[str, str]) -> ParsedRequest:
    """A Responses body as a canonical request; ``headers`` have lower-case names.

    Raises:
        InvalidRequest: no JSON object, a member of the wrong type, no input, or a member we must refuse.
    """
    return parse_request_object(decode_object(body), headers=headers)


def parse_request_object(members: JsonObject, *, headers: Mapping[str, str]) -> ParsedRequest:
    """The same for a decoded body."""
    fields = Fields(members)
    if members.get("type") == "response.create":
        fields.take("type")
    _refuse(fields)
    instructions, leading = _take_instructions(fields)
    metadata = fields.take_object("metadata") or {}
    session = _take_session(fields, headers, metadata)
    text = fields.take_fields("text") or Fields({})
    reasoning, notes = _take_reasoning(fields, is_codex=session.codex is not None)
    request = Request(
        dialect=Dialect.OPENAI_RESPONSES,
        model=fields.take_string("model") or "",
        turns=leading + _take_input(fields, has_instructions=instructions is not None),
        instructions=instructions,
        tools=parse_tools(fields.take_list("tools") or [], "tools"),
        tool_choice=parse_choice(fields.take("tool_choice"), "tool_choice"),
        parallel_tool_calls=fields.take_bool("parallel_tool_calls"),
        reasoning=reasoning,
        sampling=_take_sampling(fields),
        service_tier=fields.take_string("service_tier"),
        stream=bool(fields.take_bool("stream")),
        include=tuple(word for word in fields.take_list("include") or [] if isinstance(word, str)),
        previous_response_id=fields.take_string("previous_response_id"),
        metadata=metadata,
        session=session,
        output=_parse_format(text.take_fields("format")),
        verbosity=text.take_string("verbosity"),
        extra=_take_rest(fields) | kept_within("text", text.rest()),
    )
    return ParsedRequest(request=request, notes=tuple(notes), passable=True)


def _refuse(fields: Fields) -> None:
    for name, reason in REFUSED.items():
        if fields.take(name):
            raise InvalidRequest(name, reason, code="unsupported_parameter")


def _take_instructions(fields: Fields) -> tuple[str | None, tuple[Turn, ...]]:
    value = fields.take("instructions")
    if value is None or isinstance(value, str):
        return value, ()
    if isinstance(value, list):  # the newer list form: items before the input
        return None, parse_input(value, "instructions")
    raise fields.wrong("instructions", "a string", value)


def _take_input(fields: Fields, *, has_instructions: bool) -> tuple[Turn, ...]:
    value = fields.take("input")
    if value is None or value == []:
        if has_instructions and value == []:
            return ()
        raise InvalidRequest("input", "is required", code="missing_required_parameter")
    return parse_input(value)


def _take_reasoning(fields: Fields, *, is_codex: bool) -> tuple[Reasoning, list[Note]]:
    notes: list[Note] = []
    reasoning = fields.take_fields("reasoning")
    if reasoning is None:
        return Reasoning(), notes
    effort = reasoning.take_string("effort")
    if not is_codex:  # a Codex client may know words that are newer than we are
        effort = known_effort(effort, reasoning.at("effort"), notes)
    summary = reasoning.take_string("summary") or reasoning.take_string("generate_summary")
    reasoning.take("generate_summary")
    visible = summary not in {None, "none"}
    return Reasoning(effort=effort, summary=summary, visible=visible, extra=reasoning.rest()), notes


def _take_sampling(fields: Fields) -> Sampling:
    return Sampling(
        temperature=fields.take_number("temperature"),
        top_p=fields.take_number("top_p"),
        top_logprobs=fields.take_integer("top_logprobs"),
        max_tokens=fields.take_integer("max_output_tokens"),
    )


def _parse_format(format_: Fields | None) -> OutputFormat | None:
    if format_ is None:
        return None
    kind = format_.take_string("type")
    if kind == "json_object":
        return JsonOutput()
    if kind == "json_schema":
        return SchemaOutput(
            name=format_.take_string("name") or "output",
            schema=format_.take_object("schema") or {},
            strict=format_.take_bool("strict"),
            description=format_.take_string("description"),
        )
    return TextOutput()


def _take_rest(fields: Fields) -> JsonObject:
    """Everything else; of ``store`` only the wish to keep the answer, since not keeping it is what happens anyway."""
    stores = fields.take("store") is True
    return fields.rest() | ({"store": True} if stores else {})


def _take_session(fields: Fields, headers: Mapping[str, str], metadata: JsonObject) -> SessionHints:
    cache_key = fields.take_string("prompt_cache_key")
    client_metadata = fields.take_object("client_metadata") or {}
    told = (metadata.get("session_id"), metadata.get("conversation_id"), client_metadata.get("session_id"))
    return SessionHints(
        conversation_id=conversation_id(headers, cache_key, *told),
        prompt_cache_key=cache_key,
        user=fields.take_string("user"),
        codex=codex_hints(headers, client_metadata),
    )


def codex_hints(headers: Mapping[str, str], client_metadata: JsonObject | None = None) -> CodexHints | None:
    """What a client of the Codex family sent beside its request; None for any other client."""
    speaks = _CODEX_AGENT.match(headers.get("originator", "")) or _CODEX_AGENT.match(headers.get("user-agent", ""))
    if not speaks and not any(name in headers for name in _CODEX_HEADERS):
        return None
    return CodexHints(
        client_metadata={name: value for name, value in (client_metadata or {}).items() if isinstance(value, str)},
        turn_metadata=_turn_metadata(headers.get("x-codex-turn-metadata", "")),
        turn_state=headers.get("x-codex-turn-state"),
        beta_features=headers.get("x-codex-beta-features"),
        window_id=headers.get("x-codex-window-id"),
        parent_thread_id=headers.get("x-codex-parent-thread-id"),
        subagent=headers.get("x-openai-subagent"),
        timing_metrics=headers.get("x-responsesapi-include-timing-metrics"),
        lite=headers.get("x-openai-internal-codex-responses-lite") == "true",
    )


def _turn_metadata(header: str) -> JsonObject:
    try:
        return decode_object(header.encode()) if header else {}
    except InvalidRequest:
        return {}
