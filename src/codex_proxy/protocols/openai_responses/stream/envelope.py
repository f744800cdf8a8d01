"""The response object around an answer: built from canonical facts, or the upstream's own in our client's view.

Rules of this file: an SDK client sees every member its typed model expects; what the gateway changed on the way in
(model, instructions, cache key, tool list) is told as the client said it.  Source: OpenAI API reference.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.request import JsonOutput, Request, SchemaOutput
from codex_proxy.canonical.usage import Usage
from codex_proxy.protocols.openai_responses.request.tools import build_choice, build_tool
from codex_proxy.protocols.openai_responses.usage import build_tool_usage, build_usage, complete_usage
from codex_proxy.protocols.parts.errors.openai_errors import error_code

_STATUS: Final = {ev.Completed: "completed", ev.Incomplete: "incomplete", ev.Failed: "failed"}


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What names an answer: id, model as asked for, creation in epoch seconds."""

    response_id: str
    model: str
    created_at: int


def opening(request: Request, head: Head) -> JsonObject:
    """The object of ``response.created``."""
    return _named(head, "in_progress") | client_view(request) | {"output": [], "usage": None}


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a finished answer holds: items in wire form, and token counts."""

    output: Sequence[JsonObject] = ()
    usage: Usage | None = None


def closing(request: Request, head: Head, end: ev.ResponseEnded, told: Told) -> JsonObject:
    """The object of the terminal event, built from canonical facts."""
    ending = end.ending
    tools = build_tool_usage(told.usage) if told.usage else {}
    return (
        _named(head, _STATUS[type(ending)])
        | client_view(request)
        | {
            "output": list(told.output),
            "usage": build_usage(told.usage) if told.usage else None,
            "service_tier": end.service_tier or "default",
            "error": error_member(ending.failure) if isinstance(ending, ev.Failed) else None,
            "incomplete_details": {"reason": ending.reason} if isinstance(ending, ev.Incomplete) else None,
        }
        | ({"tool_usage": tools} if tools else {})
    )


def relayed(native: JsonObject, request: Request, head: Head) -> JsonObject:
    """The upstream's own object as our client may see it."""
    named: JsonObject = {"model": head.model} if "model" in native or not request.is_codex_client else {}
    told = native | named
    if not told.get("id"):
        told["id"] = head.response_id
    if told.get("usage") is not None:
        told["usage"] = complete_usage(told["usage"])
    if request.is_codex_client:
        return told
    defaults = _named(head, str(native.get("status") or "in_progress")) | client_view(request)
    return defaults | told | _restored(request)


def client_view(request: Request) -> JsonObject:
    """The request's own fields, as a response object repeats them."""
    sampling = request.sampling
    return {
        "instructions": request.instructions,
        "metadata": request.metadata,
        "parallel_tool_calls": True if request.parallel_tool_calls is None else request.parallel_tool_calls,
        "temperature": 1.0 if sampling.temperature is None else sampling.temperature,
        "top_p": 1.0 if sampling.top_p is None else sampling.top_p,
        "max_output_tokens": sampling.max_tokens,
        "previous_response_id": request.previous_response_id,
        "reasoning": {"effort": request.reasoning.effort, "summary": request.reasoning.summary},
        "text": _text_member(request),
        "tool_choice": build_choice(request.tool_choice) if request.tool_choice else "auto",
        "tools": [build_tool(tool) for tool in request.tools],
        "truncation": "disabled",
        "store": False,
        "background": False,
        "service_tier": "default",
        "prompt_cache_key": request.session.prompt_cache_key,
        "user": request.session.user,
    }


def error_member(failure: Failure) -> JsonObject:
    """The ``error`` member of a failed response."""
    return {"code": error_code(failure), "message": failure.message}


def _restored(request: Request) -> JsonObject:
    view = client_view(request)
    kept = ("instructions", "metadata", "tools", "prompt_cache_key", "previous_response_id", "store", "user")
    return {name: view[name] for name in kept}


def _named(head: Head, status: str) -> JsonObject:
    return {
        "id": head.response_id,
        "object": "response",
        "created_at": head.created_at,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "model": head.model,
    }


def _text_member(request: Request) -> JsonObject:
    output = request.output
    format_: dict[str, Any] = {"type": "text"}
    if isinstance(output, JsonOutput):
        format_ = {"type": "json_object"}
    elif isinstance(output, SchemaOutput):
        format_ = {"type": "json_schema", "name": output.name, "schema": output.schema, "strict": output.strict}
        if output.description is not None:
            format_["description"] = output.description
    return {"format": format_, "verbosity": request.verbosity or "medium"}
