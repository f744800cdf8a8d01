"""Before the first attempt: which model and conversation are meant, and whether the request may go at all.

Rules of this file: pure; a refusal is a failure value that names the field.
"""

from collections.abc import Sequence

import msgspec

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.canonical.request import Request
from codex_proxy.canonical.target import ModelFacts
from codex_proxy.canonical.tools import Tool
from codex_proxy.gateway.adding.tools import with_tools
from codex_proxy.protocols.parts.asking.prompt_place import PROMPT_HEADER
from codex_proxy.protocols.parts.session_hints import conversation_of
from codex_proxy.routing.resolve import Resolver, UnknownModel, VendorRoute


class Defaults(msgspec.Struct, frozen=True, kw_only=True):
    """What the owner wants where neither the request nor the model name says.

    ``strict`` refuses lossy translation; ``trust_user_field`` takes a body's ``user`` for the name of a conversation.
    ``prompt_inline`` has system prompts stand in the conversation, ``clients_place_prompt`` lets clients say where.
    """

    effort: str | None = None
    service_tier: str | None = None
    strict: bool = False
    instructions: str = ""
    trust_user_field: bool = False
    prompt_inline: bool = False
    clients_place_prompt: bool = False


class ClientBody:
    """What a client sent, kept only until it is sure that no upstream is to get it: it may be megabytes."""

    __slots__ = ("content", "size_bytes")

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.size_bytes = len(content)

    def let_go(self) -> None:
        """Nobody will be sent it."""
        self.content = b""


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """A request that may go, with what was decided for it.

    ``vendor`` is where it leads if not to the accounts; ``conversation_id`` is None where it belongs to none; ``body``
    is what the client sent, where that may still be wanted; ``long_context`` says that the model's name asked for that.
    The last ``added_count`` of the request's tools are the owner's.
    """

    request: Request
    model: ModelFacts
    effort: str | None
    service_tier: str | None
    notes: tuple[Note, ...]
    conversation_id: str | None = None
    vendor: VendorRoute | None = None
    long_context: bool = False
    body: ClientBody | None = None
    added_count: int = 0
    prompt_inline: bool = False


def prepare(
    request: Request,
    notes: tuple[Note, ...],
    *,
    resolver: Resolver,
    defaults: Defaults,
    model: str | None = None,
    tools: Sequence[Tool] = (),
) -> Prepared | Failure:
    """The prepared request, or why it cannot go.

    The body's own effort and tier win over the model name's suffixes, those over the defaults, which are for accounts.
    ``model`` is asked in place of the one that the client named; ``tools`` are the owner's, to be offered as well.
    """
    wanted = request.model if model is None else model
    resolved = resolver.hosting(wanted) if request.pictures_only else resolver.resolve(wanted)
    if isinstance(resolved, UnknownModel):
        return unknown_model(resolved)
    if request.previous_response_id is not None and resolved.vendor is None:
        return not_stored(request.previous_response_id)
    if resolved.vendor is not None:
        defaults = msgspec.structs.replace(defaults, effort=None, service_tier=None)
    known = notes + resolved.notes + _place_not_taken(request, defaults, resolved.vendor)
    if defaults.strict and (refusal := refuse_lossy(known)) is not None:
        return refusal
    offering, added_count = with_tools(request, tools, lite=resolved.model.lite)
    return Prepared(
        request=offering,
        model=resolved.model,
        effort=request.reasoning.effort or resolved.effort or defaults.effort,
        service_tier=request.service_tier or resolved.tier or defaults.service_tier,
        notes=known,
        conversation_id=_conversation(request, resolved.model, defaults),
        vendor=resolved.vendor,
        long_context=resolved.long_context,
        added_count=added_count,
        prompt_inline=_is_inline(request, defaults),
    )


def _is_inline(request: Request, defaults: Defaults) -> bool:
    if defaults.clients_place_prompt and request.prompt_inline is not None:
        return request.prompt_inline
    return defaults.prompt_inline


def _place_not_taken(request: Request, defaults: Defaults, vendor: VendorRoute | None) -> tuple[Note, ...]:
    if request.prompt_inline is None or (defaults.clients_place_prompt and vendor is None):
        return ()
    detail = "the owner lets nobody choose" if vendor is None else "vendors have one place for it"
    return (Note(path=PROMPT_HEADER, verdict=Verdict.DROPPED, detail=detail),)


def _conversation(request: Request, model: ModelFacts, defaults: Defaults) -> str | None:
    if request.pictures_only:
        return None  # pictures of one prompt are no turns of a conversation
    return conversation_of(request, family=model.slug, trust_user=defaults.trust_user_field)


def not_stored(response_id: str) -> Failure:
    """The failure for an earlier answer that nobody keeps."""
    return Failure(
        kind=FailureKind.PREVIOUS_RESPONSE_NOT_FOUND,
        message=f"Previous response with id {response_id!r} not found; answers are not stored",
        param="previous_response_id",
    )


def unknown_model(unknown: UnknownModel) -> Failure:
    """The failure for a model nobody serves."""
    hint = f"; did you mean {', '.join(unknown.nearest)}?" if unknown.nearest else ""
    return Failure(
        kind=FailureKind.MODEL_NOT_FOUND,
        message=f"the model {unknown.name!r} does not exist or is not available here{hint}",
        code="model_not_found",
        param="model",
    )


def refuse_lossy(notes: tuple[Note, ...]) -> Failure | None:
    """The failure for the first lossy note, None without one."""
    lossy = next((note for note in notes if note.weight is Weight.LOSSY), None)
    if lossy is None:
        return None
    return Failure(
        kind=FailureKind.INVALID_REQUEST,
        message=f"{lossy.path} cannot be carried to the upstream: {lossy.detail or lossy.verdict.value}",
        param=lossy.path,
        code="unsupported_value",
    )
