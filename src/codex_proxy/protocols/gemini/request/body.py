"""The body of ``generateContent`` and its siblings as a canonical request.

Rules of this file: the model and the verb stand in the path and come as arguments; members without a meaning here stay
in ``extra``, those of ``generationConfig`` and ``toolConfig`` under a dotted name.  Source: Google AI reference;
captures of Gemini CLI 0.61 and google-genai 3.4.
"""

from collections.abc import Mapping
from typing import Final

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.notes import Note
from codex_proxy.canonical.request import Dialect, SessionHints
from codex_proxy.canonical.tools import HostedTool, Tool
from codex_proxy.protocols.base import InvalidRequest, ParsedRequest
from codex_proxy.protocols.gemini.request.config import parse_pictures, parse_sampling, parse_thinking
from codex_proxy.protocols.gemini.request.contents import parse_contents, parse_instructions
from codex_proxy.protocols.gemini.request.fields import WireFields
from codex_proxy.protocols.gemini.request.media import detail_of
from codex_proxy.protocols.gemini.request.output import Wanted, parse_output
from codex_proxy.protocols.gemini.request.tools import parse_tool_choice, parse_tools, with_location
from codex_proxy.protocols.gemini.schema import GeminiRequest, ReplyForm, Verb
from codex_proxy.protocols.parts.json_text import decode_object
from codex_proxy.protocols.parts.session_hints import conversation_id

_STANDARD_TIERS: Final = frozenset({"", "unspecified", "standard", "service_tier_unspecified"})


def parse_request(body: bytes, headers: Mapping[str, str], *, model: str, verb: Verb) -> ParsedRequest:
    """The client's body as a canonical request; ``headers`` have lower-case names.

    Raises:
        InvalidRequest: the body is no legal request; names the field in the client's spelling.
    """
    fields = WireFields(decode_object(body))
    if verb is Verb.COUNT:
        fields = fields.take_fields("generateContentRequest") or fields
    notes: list[Note] = []
    if fields.take("cachedContent") is not None:
        raise InvalidRequest(fields.at("cachedContent"), "contents are not cached here; send them", code="not_found")
    config = fields.take_fields("generationConfig") or WireFields({}, fields.at("generationConfig"))
    calling = fields.take_fields("toolConfig") or WireFields({}, fields.at("toolConfig"))
    wanted, tools = parse_output(config, notes), _all_tools(fields, config, notes)
    detail = detail_of(config.take("mediaResolution"))
    turns, lost = parse_contents(fields.take("contents"), fields.at("contents"), detail=detail)
    tier = _parse_tier(fields, config)
    reasoning = parse_thinking(config, notes)
    fields.take("model")
    request = GeminiRequest(
        dialect=Dialect.GEMINI,
        model=model,
        turns=turns,
        instructions=parse_instructions(fields.take("systemInstruction"), fields.at("systemInstruction"), notes),
        tools=with_location(tools, calling, notes),
        tool_choice=parse_tool_choice(calling, tools, notes),
        output=wanted.output,
        reasoning=reasoning,
        sampling=parse_sampling(config, notes),
        service_tier=tier,
        stream=verb is Verb.STREAM,
        include_usage=True,
        session=SessionHints(conversation_id=conversation_id(headers)),
        form=_reply_form(wanted, thoughts=reasoning.visible or False, tier=tier is not None),
        extra=_rest(fields, config, calling),
    )
    return ParsedRequest(request=request, notes=(*notes, *lost), passable=True)


def _all_tools(fields: WireFields, config: WireFields, notes: list[Note]) -> tuple[Tool, ...]:
    pictures: HostedTool | None = parse_pictures(config)
    tools = parse_tools(fields, notes)
    return tools if pictures is None else (*tools, pictures)


def _reply_form(wanted: Wanted, *, thoughts: bool, tier: bool) -> ReplyForm:
    return ReplyForm(thoughts=thoughts, bare_text=wanted.bare_text, tier=tier)


def _parse_tier(fields: WireFields, config: WireFields) -> str | None:
    told = fields.take_string("serviceTier") or config.take_string("serviceTier") or ""
    tier = told.lower().removeprefix("service_tier_")
    return None if tier in _STANDARD_TIERS else tier


def _rest(fields: WireFields, config: WireFields, calling: WireFields) -> JsonObject:
    rest = dict(fields.told())
    for part in (config, calling):
        rest |= {part.at(name): value for name, value in part.told().items()}
    return rest
