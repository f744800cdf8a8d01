"""What a vendor is asked, read by the dialect's own server role and told as the facts that scripts know.

Rules of this file: pure.  A request of any dialect becomes facts by being said in Responses, as the gateway would say
it, so that one script and one unscripted model do for all dialects.
"""

from typing import Final

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.canonical.target import ClientIdentity, Credential, ModelFacts, Profile, Target, UpstreamIdentity
from codex_proxy.protocols.anthropic.server import AnthropicServer
from codex_proxy.protocols.base import CallContext, InvalidRequest, ServerCodec, Unsupported
from codex_proxy.protocols.gemini.schema import Verb
from codex_proxy.protocols.gemini.server import GeminiServer
from codex_proxy.protocols.openai_chat.server import ChatServer
from codex_proxy.protocols.openai_images.schema import Task
from codex_proxy.protocols.openai_images.server import ImagesServer
from codex_proxy.protocols.openai_responses.client import ResponsesClient
from codex_proxy.protocols.openai_responses.server import ResponsesServer
from codex_proxy.protocols.parts.efforts import SCALE
from codex_proxy.protocols.parts.json_text import decode_object
from codex_proxy.simulator.incoming import Incoming
from codex_proxy.simulator.sections.vendors import VendorSettings, Wire
from codex_proxy.simulator.unscripted.facts import Facts, read_facts
from codex_proxy.simulator.vendors.forms import is_form, read_form
from codex_proxy.simulator.vendors.places import Kind, Place

_TASKS: Final = {"images/generations": Task.GENERATE, "images/edits": Task.EDIT}
_NOBODY: Final = ClientIdentity(
    profile=Profile.CLI,
    engine_version="",
    desktop_version="",
    platform="",
    arch="",
    terminal="",
    installation_id="",
)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request, the facts of it, and what its answer needs undone since it was told in another dialect."""

    request: Request
    facts: Facts
    context: CallContext


def codec_of(place: Place, settings: VendorSettings) -> ServerCodec:
    """The server role of the dialect that a place speaks."""
    if place.endpoint in _TASKS:
        return ImagesServer(_TASKS[place.endpoint])
    match place.wire:
        case Wire.CHAT:
            return ChatServer(reasoning_field=settings.reasoning_field)
        case Wire.RESPONSES:
            return ResponsesServer()
        case Wire.ANTHROPIC:
            return AnthropicServer()
        case Wire.GEMINI:
            return GeminiServer(model=place.model, verb=Verb.STREAM if place.streams else Verb.GENERATE, sse=place.sse)


def read_asked(incoming: Incoming, place: Place, codec: ServerCodec, *, key: str, number: int) -> Asked:
    """The request and its facts.

    Raises:
        InvalidRequest: the body is no legal request of the dialect.
    """
    if isinstance(codec, ImagesServer) and is_form(incoming):
        parsed = codec.parse_form(read_form(incoming))
    else:
        parsed = codec.parse_request(incoming.raw, headers=incoming.headers)
    request = parsed.request
    try:
        call = ResponsesClient().build_call(request, _target(request.model))
    except Unsupported as error:
        raise InvalidRequest(error.path, error.reason) from None
    facts = read_facts(
        _as_asked(decode_object(call.body), request),
        account_id=key,
        request_number=number,
        endpoint=place.endpoint,
    )
    return Asked(request=request, facts=facts, context=call.context)


def _as_asked(body: JsonObject, request: Request) -> JsonObject:
    """The body with what a service of the request's dialect would take for asked where nothing is said."""
    if request.parallel_tool_calls is None:
        body["parallel_tool_calls"] = True
    if request.dialect is Dialect.OPENAI_CHAT and request.reasoning.effort is None:
        body.pop("reasoning", None)
    return body


def bare_facts(incoming: Incoming, place: Place, *, key: str, number: int) -> Facts:
    """The facts of a call that no model answers, or whose body cannot be read."""
    body = _members(incoming) if place.kind is not Kind.PICTURES else {}
    told = body.get("model")
    return Facts(
        account_id=key,
        model=place.model or (told if isinstance(told, str) else ""),
        request_number=number,
        last_user_text="",
        tool_outputs=(),
        images=(),
        tools=(),
        body=body,
        endpoint=place.endpoint,
    )


def _members(incoming: Incoming) -> JsonObject:
    if is_form(incoming):
        return {}
    try:
        return decode_object(incoming.raw)
    except InvalidRequest:
        return {}


def _target(model: str) -> Target:
    return Target(
        model=ModelFacts(slug=model, efforts=SCALE),
        credential=Credential(token=""),
        client=_NOBODY,
        identity=UpstreamIdentity(session_id="", thread_id="", turn_id=""),
        now=0.0,
    )
