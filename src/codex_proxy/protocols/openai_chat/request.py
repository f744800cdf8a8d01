"""The body of a chat completion request as a canonical request.

Rules of this file: liberal; a field is refused only where its wrong value, or our silence about it, would change what
the answer means.  What a field could not keep on the way is noted.  Unknown top-level members stay in ``extra``.
Source: OpenAI API reference, chat completions; the extensions of Cursor, DeepSeek, OpenRouter, Qwen and Z.ai clients.
"""

from collections.abc import Mapping
from typing import Any, Final

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
from codex_proxy.canonical.tools import Tool
from codex_proxy.protocols.base import InvalidRequest, ParsedRequest
from codex_proxy.protocols.openai_chat.messages import parse_messages
from codex_proxy.protocols.openai_chat.schema import ChatRequest, ReplyForm
from codex_proxy.protocols.openai_chat.tools import declared_kinds, parse_tool_choice, parse_tools
from codex_proxy.protocols.parts.fields import Fields
from codex_proxy.protocols.parts.json_text import decode_object

_SESSION_HEADERS: Final = (
    "session_id",
    "session-id",
    "conversation_id",
    "x-session-id",
    "x-conversation-id",
    "x-claude-code-session-id",
    "x-codex-window-id",
    "x-session-affinity",
    "x-opencode-session",
)
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
    stream, include_usage = _parse_streaming(fields)
    request = ChatRequest(
        dialect=Dialect.OPENAI_CHAT,
        model=fields.take_string("model") or "",
        turns=turns,
        instructions=fields.take_string("instructions"),
        tools=tools,
        tool_choice=_parse_choice(fields, tools, notes),
        parallel_tool_calls=fields.take_bool("parallel_tool_calls"),
        reasoning=_parse_reasoning(fields),
        sampling=_parse_sampling(fields, notes),
        service_tier=fields.take_string("service_tier"),
        stream=stream,
        include_usage=include_usage,
        metadata=fields.take_object("metadata") or {},
        form=form,
        **_parse_text(fields, notes),
        **_parse_session(fields, headers),
        extra=_known_rest(fields),
    )
    return ParsedRequest(request=request, notes=(*notes, *lost))


def _known_rest(fields: Fields) -> JsonObject:
    return {name: value for name, value in fields.rest().items() if value is not None}
