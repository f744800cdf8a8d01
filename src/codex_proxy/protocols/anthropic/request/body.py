"""The body of a Messages request, or of a token count, as a canonical request.

Rules of this file: liberal; a field is refused only where its wrong value, or our silence about it, would change what
the answer means.  The client's own body is kept whole for upstreams of its dialect.  Source: Anthropic API reference;
captures of Claude Code 2.1.330, anthropic for Python 2.12 and for TypeScript 1.12, aider, opencode.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from codex_proxy.canonical.blocks import JsonObject, Text
from codex_proxy.canonical.notes import Note, Verdict
from codex_proxy.canonical.request import Dialect, OutputFormat, Reasoning, Sampling, SchemaOutput, SessionHints
from codex_proxy.protocols.anthropic.request.content import parse_content
from codex_proxy.protocols.anthropic.request.messages import Conversation
from codex_proxy.protocols.anthropic.request.tools import Offer, parse_choice
from codex_proxy.protocols.anthropic.schema import PART_SEPARATOR, AnthropicRequest, Display, NativeBody
from codex_proxy.protocols.base import InvalidRequest, ParsedRequest
from codex_proxy.protocols.parts.asking.nested import kept_within
from codex_proxy.protocols.parts.efforts import effort_of_budget, known_effort
from codex_proxy.protocols.parts.fields import Fields
from codex_proxy.protocols.parts.json_text import decode_object, decode_value
from codex_proxy.protocols.parts.session_hints import conversation_id

THREAD_CODE: Final = "thread_unsupported_request"
"""The word that makes anthropic for Python 2.x repeat the turn without a server-side thread."""

SEARCH_SOURCES: Final = "web_search_call.action.sources"
_BILLING: Final = "x-anthropic-billing-header:"
_SESSION: Final = re.compile(r"_session_([\w-]+)$")
_SILENT: Final = frozenset({"cache_control"})
_ORDINARY_TIERS: Final = frozenset({"auto", "standard_only", "standard", "default"})


def parse_request(body: bytes, headers: Mapping[str, str]) -> ParsedRequest:
    """The client's body as a canonical request; ``headers`` have lower-case names.

    Raises:
        InvalidRequest: the body is no legal request; names the field.
    """
    members = decode_object(body)
    fields = Fields(members)
    _refuse_unanswerable(fields)
    offer = Offer(fields.take_list("tools") or [], "tools")
    said = _parse_messages(fields)
    notes: list[Note] = []
    tools = (*offer.tools, *said.tools)
    choice_fields = Fields({"tool_choice": fields.take("tool_choice")})
    output, output_effort, unread_form = _parse_output(fields)
    reasoning, display = _parse_reasoning(fields, said.effort or output_effort, notes)
    request = AnthropicRequest(
        dialect=Dialect.ANTHROPIC,
        model=fields.take_string("model") or "",
        turns=said.turns,
        instructions=_parse_system(fields, notes),
        parallel_tool_calls=_parse_parallel(fields, choice_fields),
        tools=tools,
        tool_choice=parse_choice(choice_fields, offer, tools, notes),
        output=output,
        reasoning=reasoning,
        sampling=_parse_sampling(fields),
        service_tier=_parse_tier(fields),
        stream=fields.take_bool("stream") or False,
        include=(SEARCH_SOURCES,) if offer.searches else (),
        session=_parse_session(fields, headers),
        display=display,
        searches=offer.searches,
        native=NativeBody(
            members=members,
            turns=said.turns,
            tools=tools,
            version=headers.get("anthropic-version"),
            betas=headers.get("anthropic-beta"),
        ),
        extra=_unread(fields) | unread_form,
    )
    if not request.tools:
        offer.check_not_emptied(forced=False)
    return ParsedRequest(request=request, notes=(*offer.notes, *said.notes, *notes), passable=True)


def _refuse_unanswerable(fields: Fields) -> None:
    if fields.take("thread") is not None:
        reason = "conversations are not kept here; send the whole history without a thread"
        raise InvalidRequest("thread", reason, code=THREAD_CODE)
    if fields.take("mcp_servers"):
        raise InvalidRequest("mcp_servers", "remote MCP servers are not available here", code="unsupported_value")


def _parse_messages(fields: Fields) -> Conversation:
    messages = fields.take_list("messages")
    if messages is None:
        raise InvalidRequest("messages", "is required")
    if not messages:
        raise InvalidRequest("messages", "at least one message is required", code="empty_array")
    return Conversation(messages, "messages")


def _parse_system(fields: Fields, notes: list[Note]) -> str | None:
    """The system blocks as one text; Claude Code's billing block changes from run to run and would spoil the cache."""
    parts = parse_content(fields.take("system"), "system", notes)
    texts = [part.text for part in parts if isinstance(part, Text)]
    kept = [text for text in texts if not text.startswith(_BILLING)]
    if len(kept) < len(texts):
        notes.append(Note(path="system", verdict=Verdict.DROPPED, detail="the client's billing block was left out"))
    return PART_SEPARATOR.join(kept) or None


def _parse_parallel(fields: Fields, choice: Fields) -> bool | None:
    """Both places where clients forbid parallel calls."""
    inner = choice.rest().get("tool_choice")
    forbidden = inner.get("disable_parallel_tool_use") if isinstance(inner, dict) else None
    return False if fields.take_bool("disable_parallel_tool_use") or forbidden is True else None


def _unread(fields: Fields) -> JsonObject:
    return {name: value for name, value in fields.rest().items() if value is not None and name not in _SILENT}


def _parse_output(fields: Fields) -> tuple[OutputFormat | None, str | None, JsonObject]:
    """The wanted form of the answer, in its present and its first spelling, the effort said beside it, and the rest."""
    config = fields.take_fields("output_config") or Fields({}, "output_config")
    early = fields.take_fields("output_format")
    told = config.take_fields("format") or early
    effort, unread = config.take_string("effort"), kept_within("output_config", config.rest())
    if told is None or told.take_string("type") != "json_schema":
        return None, effort, unread
    schema = told.take_object("schema")
    if schema is None:
        raise InvalidRequest(told.at("schema"), "is required")
    return SchemaOutput(name=told.take_string("name") or "output", schema=schema), effort, unread


def _parse_reasoning(fields: Fields, effort: str | None, notes: list[Note]) -> tuple[Reasoning, Display]:
    """An effort in words wins over a budget; thoughts are shown only to clients that asked for them."""
    thinking = fields.take_fields("thinking") or Fields({}, "thinking")
    kind, display = thinking.take_string("type"), thinking.take_string("display")
    budget = thinking.take_integer("budget_tokens")
    known = known_effort(effort, "output_config.effort", notes)
    if kind == "disabled":
        return Reasoning(effort="none", visible=False), Display.HIDDEN
    if kind is None:
        return Reasoning(effort=known, visible=False), Display.HIDDEN
    shown = Display.OMITTED if display == "omitted" else Display.SHOWN
    wanted = known or (effort_of_budget(budget) if budget is not None else None)
    return Reasoning(effort=wanted, budget_tokens=budget, visible=shown is Display.SHOWN), shown


def _parse_sampling(fields: Fields) -> Sampling:
    stops = fields.take_list("stop_sequences") or []
    if not all(isinstance(stop, str) for stop in stops):
        raise InvalidRequest("stop_sequences", "expected an array of strings", code="invalid_type")
    return Sampling(
        temperature=fields.take_number("temperature"),
        top_p=fields.take_number("top_p"),
        top_k=fields.take_number("top_k"),
        max_tokens=fields.take_integer("max_tokens"),
        stop=tuple(stop for stop in stops if stop),
    )


def _parse_tier(fields: Fields) -> str | None:
    tier, speed = fields.take_string("service_tier"), fields.take_string("speed")
    if speed == "fast":
        return "fast"
    return None if tier in _ORDINARY_TIERS else tier


def _parse_session(fields: Fields, headers: Mapping[str, str]) -> SessionHints:
    metadata = fields.take("metadata")
    user_id = metadata.get("user_id") if isinstance(metadata, dict) else None
    session = _session_of(user_id)
    user = user_id if session is None and isinstance(user_id, str) else None
    return SessionHints(conversation_id=conversation_id(headers, session), user=user)


def _session_of(user_id: Any) -> Any:
    """The session in Claude Code's ``user_id``: JSON with ``session_id``, or the older ``user_…_session_…`` text."""
    told = user_id
    if isinstance(told, str) and told.lstrip().startswith("{"):
        try:
            told = decode_value(told.encode("utf-8", "replace"))
        except InvalidRequest:
            return None
    if isinstance(told, dict):
        return told.get("session_id")
    found = _SESSION.search(told) if isinstance(told, str) else None
    return found.group(1) if found else None


def native_members(request: AnthropicRequest) -> JsonObject | None:
    """The client's own body, as long as the request still says what was parsed from it."""
    native = request.native
    return native.members if native is not None and native.turns is request.turns else None
