"""Gemini in the client role: we call a vendor.

Rules of this file: one codec per vendor, stateless; what differs between vendors, and between the models of one, is
in its profiles.  The key travels in a header, never in the URL.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.events import Event
from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.canonical.target import Target
from codex_proxy.canonical.tools import HostedTool, Tool
from codex_proxy.protocols.base import CallContext, HeaderPairs, ReplyFacts, UpstreamCall
from codex_proxy.protocols.gemini.building.config import build_config
from codex_proxy.protocols.gemini.building.contents import Writing, write_contents
from codex_proxy.protocols.gemini.building.names import custom_names, tool_names
from codex_proxy.protocols.gemini.building.tools import HOSTED, Offered, calling_config
from codex_proxy.protocols.gemini.decoding.decoder import Answer, GeminiDecoder
from codex_proxy.protocols.gemini.errors import WORDS
from codex_proxy.protocols.gemini.schema import GeminiProfile, Verb
from codex_proxy.protocols.parts.asking.calling import call_headers, path_part
from codex_proxy.protocols.parts.asking.refused import NOT_TAKEN, without_refused
from codex_proxy.protocols.parts.asking.unsaid import unknown_members, unsaid, unsaid_in_turns, unsaid_tier
from codex_proxy.protocols.parts.bodies.passing import SEALED, SEALED_BASE64
from codex_proxy.protocols.parts.errors.vendor_errors import parse_vendor_failure
from codex_proxy.protocols.parts.json_text import encode
from codex_proxy.protocols.parts.names import NameMap

_UNSAYABLE: Final = ("verbosity", "metadata", "user", "prompt_cache_key", "logit_bias", "top_logprobs")
_HOLDERS: Final = {"tool_config": "toolConfig", "generation_config": "generationConfig"}


class GeminiClient:
    """The dialect's verbs for the client role.

    ``profile`` is that of the vendor; ``profile_of`` tells a model's by its id, where they differ.
    """

    def __init__(
        self, profile: GeminiProfile | None = None, *, profile_of: Callable[[str], GeminiProfile] | None = None
    ) -> None:
        usual = profile or GeminiProfile()
        self._profile_of = profile_of or (lambda _: usual)

    @property
    def dialect(self) -> Dialect:
        return Dialect.GEMINI

    def build_call(self, request: Request, target: Target) -> UpstreamCall:
        """The vendor's request; raises ``Unsupported`` for content that the vendor cannot read."""
        slug = target.model.slug
        profile = self._profile_of(slug)
        names = NameMap(tool_names(request))
        writing = Writing(
            names,
            call_ids=profile.call_ids,
            signed=slug.startswith(profile.signed),
            drop_signatures=target.drop_reasoning,
            keeps_members=request.dialect is Dialect.GEMINI,
        )
        told, contents, notes = write_contents(request, writing)
        body: JsonObject = {"contents": contents}
        if told is not None:
            body["systemInstruction"] = {"parts": [{"text": told}]}
        notes += _add_tools(body, request, names, profile)
        config, lost = build_config(request, target, profile)
        body["generationConfig"] = config
        notes += [*lost, *_add_rest(body, request, target)]
        body = {name: value for name, value in body.items() if value or name == "contents"}
        body, refusals = without_refused(profile.sends | body, profile.refuses, NOT_TAKEN)
        body, rejects = without_refused(body, target.learned_rejects)
        return UpstreamCall(
            method="POST",
            path=_path(request, slug, profile),
            headers=_headers(request, target, profile),
            body=encode(body),
            context=CallContext(
                model=slug, tool_names=names.back(), custom_tools=frozenset(custom_names(request.tools))
            ),
            notes=(*notes, *refusals, *rejects),
            sent_fields=frozenset(body),
        )

    takes_stops = True

    def takes_tool(self, tool: Tool, others: Sequence[Tool], *, model: str) -> bool:
        """Functions or what Google runs, since a request may not hold both."""
        if isinstance(tool, HostedTool) and tool.kind not in HOSTED:
            return False
        return all(isinstance(other, HostedTool) is isinstance(tool, HostedTool) for other in others)

    def pass_call(self, request: Request, target: Target, body: bytes) -> UpstreamCall | None:
        """A client's own body, whose model stands in the path.

        None where it holds what the vendor does not take, thoughts of another upstream among it.
        """
        slug = target.model.slug
        profile = self._profile_of(slug)
        if SEALED in body or SEALED_BASE64 in body or profile.refuses:
            return None
        return UpstreamCall(
            method="POST",
            path=_path(request, slug, profile),
            headers=_headers(request, target, profile),
            body=body,
            context=CallContext(model=slug, relays=False),
        )

    def open_stream(self, call: UpstreamCall) -> GeminiDecoder:
        """A decoder for the stream that answers ``call``."""
        return GeminiDecoder(call.context)

    def parse_headers(self, headers: Mapping[str, str]) -> ReplyFacts:
        """Google tells nothing in headers but, at times, the request's id."""
        return ReplyFacts(request_id=headers.get("x-request-id"))

    def parse_response(self, call: UpstreamCall, body: bytes) -> list[Event]:
        """A whole answer as events."""
        return list(Answer(call.context).whole(body))

    def parse_failure(self, status: int, headers: Mapping[str, str], body: bytes) -> Failure:
        """An HTTP error, classified."""
        return parse_vendor_failure(status, headers, body, WORDS)


def _path(request: Request, slug: str, profile: GeminiProfile) -> str:
    verb = f"{Verb.STREAM}?alt=sse" if request.stream else Verb.GENERATE.value
    return f"{profile.path}/models/{path_part(slug)}:{verb}"


def _headers(request: Request, target: Target, profile: GeminiProfile) -> HeaderPairs:
    return call_headers(
        stream=request.stream, key_header=profile.key_header, key=target.credential.token, more=profile.headers
    )


def _add_tools(body: JsonObject, request: Request, names: NameMap, profile: GeminiProfile) -> list[Note]:
    offered = Offered(request.tools, names, profile, own=request.dialect is Dialect.GEMINI)
    notes = offered.notes
    body["tools"] = offered.members()
    if request.tool_choice is not None and body["tools"]:
        config = calling_config(request.tool_choice, names)
        if config is None:
            notes.append(_lossy("tool_choice", "the vendor cannot be told to use this tool"))
        else:
            body["toolConfig"] = {"functionCallingConfig": config}
    if request.parallel_tool_calls is False and body["tools"]:
        notes.append(_lossy("parallel_tool_calls", "the vendor cannot be kept from parallel calls"))
    return notes


def _add_rest(body: JsonObject, request: Request, target: Target) -> list[Note]:
    """For clients of this dialect, every member that we have no meaning for."""
    if request.dialect is not Dialect.GEMINI:
        named = (*unknown_members(request), *unsaid(request, *_UNSAYABLE))
        in_turns = unsaid_in_turns(request, names=True, details=True, file_names=True)
        return [*named, *unsaid_tier(request, target), *in_turns]
    if request.service_tier is not None:
        body["serviceTier"] = request.service_tier
    for name, value in request.extra.items():
        outer, dot, inner = name.partition(".")
        if not dot:
            body.setdefault(name, value)
            continue
        holder = body.setdefault(_HOLDERS.get(outer, outer), {})
        if isinstance(holder, dict):
            holder.setdefault(inner, value)
    return []


def _lossy(path: str, detail: str) -> Note:
    return Note(path=path, verdict=Verdict.DROPPED, weight=Weight.LOSSY, detail=detail)
