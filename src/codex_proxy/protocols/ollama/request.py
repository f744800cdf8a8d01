"""Bodies of ``/api/chat`` and ``/api/generate`` as canonical requests.

Rules of this file: liberal; nulls and empty values count as absent, because the SDKs send every unset member; what
has no meaning for us stays in ``extra``, with the options that only a local runtime knows.  ``stream`` defaults to
true.  Source: Ollama API reference; types of ollama-python 0.6.3; requests of LangChain, LiteLLM and LlamaIndex.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from codex_proxy.canonical.blocks import Block, JsonObject, Text
from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.canonical.request import (
    Dialect,
    JsonOutput,
    OutputFormat,
    Reasoning,
    Role,
    Sampling,
    SchemaOutput,
    SessionHints,
    Turn,
)
from codex_proxy.protocols.base import InvalidRequest, ParsedRequest
from codex_proxy.protocols.ollama.conversation.reading import parse_images, parse_messages
from codex_proxy.protocols.ollama.conversation.tools import parse_tools
from codex_proxy.protocols.ollama.errors import NOT_SUPPORTED
from codex_proxy.protocols.ollama.schema import Endpoint, OllamaRequest
from codex_proxy.protocols.parts.efforts import SCALE, unknown_effort
from codex_proxy.protocols.parts.fields import Fields
from codex_proxy.protocols.parts.json_text import decode_object
from codex_proxy.protocols.parts.session_hints import conversation_id

_SCHEMA_NAME: Final = "response"
_DEFAULT_EFFORT: Final = "medium"
_SWITCHES: Final = {"true": True, "false": False}
_PICTURE_FIELDS: Final = ("width", "height", "steps")
_FILL_IN: Final = (
    "Fill in the text that is missing between the two parts below. Answer with the missing text alone: no quotes, "
    "no explanation, and nothing of the two parts.\n\n"
    "The part before the gap:\n<before>{prompt}</before>\n\nThe part after the gap:\n<after>{suffix}</after>"
)


def parse_chat(body: bytes, headers: Mapping[str, str]) -> ParsedRequest:
    """A chat body; ``headers`` have lower-case names.

    Raises:
        InvalidRequest: the body is no legal request; names the field.
    """
    fields = Fields(decode_object(body))
    tools = parse_tools(fields)
    turns, notes = parse_messages(fields.take_list("messages") or [], "messages")
    asked = OllamaRequest(dialect=Dialect.OLLAMA, model="", endpoint=Endpoint.CHAT, turns=turns, tools=tools)
    return _completed(asked, fields, headers, list(notes))


def parse_generate(body: bytes, headers: Mapping[str, str]) -> ParsedRequest:
    """A body that asks for the continuation of one prompt; raises like ``parse_chat``."""
    fields = Fields(decode_object(body))
    notes: list[Note] = []
    _refuse_pictures(fields)
    _drop_runtime_fields(fields, notes)
    asked = OllamaRequest(
        dialect=Dialect.OLLAMA,
        model="",
        endpoint=Endpoint.GENERATE,
        turns=(Turn(role=Role.USER, blocks=_parse_prompt(fields, notes)),),
        instructions=fields.take_string("system") or None,
        knows_tools=False,
    )
    return _completed(asked, fields, headers, notes)


def _completed(asked: OllamaRequest, fields: Fields, headers: Mapping[str, str], notes: list[Note]) -> ParsedRequest:
    """The request with what both endpoints take; whatever nobody took by then is kept aside."""
    reasoning, think = _parse_think(fields, notes)
    options = fields.take_fields("options") or Fields({}, "options")
    stream = fields.take_bool("stream")
    request = msgspec.structs.replace(
        asked,
        model=fields.take_string("model") or fields.take_string("name") or "",
        stream=True if stream is None else stream,
        include_usage=True,
        think=think,
        reasoning=reasoning,
        output=_parse_format(fields),
        sampling=_parse_sampling(fields, options, notes),
        session=SessionHints(conversation_id=conversation_id(headers)),
        extra=_said(fields.rest()) | _said({"options": _said(options.rest())}),
    )
    return ParsedRequest(request=request, notes=tuple(notes))


def _parse_think(fields: Fields, notes: list[Note]) -> tuple[Reasoning, bool | str | None]:
    """A switch or a level; clients also send the switch as text."""
    value = fields.take("think")
    think = _SWITCHES.get(value.lower(), value.lower()) if isinstance(value, str) else value
    match think:
        case None | "":
            return Reasoning(), None
        case True:
            return Reasoning(effort=_DEFAULT_EFFORT, visible=True), True
        case False | "none":
            return Reasoning(effort="none", visible=False), False
        case str() if think in SCALE:
            return Reasoning(effort=think, visible=True), think
        case str():
            notes.append(unknown_effort(think, "think"))
            return Reasoning(visible=True), None
    raise fields.wrong("think", "a boolean or a level", value)


def _parse_format(fields: Fields) -> OutputFormat | None:
    wanted = fields.take("format")
    match wanted:
        case None | "":
            return None
        case "json":
            return JsonOutput()
        case dict():
            return SchemaOutput(name=_SCHEMA_NAME, schema=wanted)
        case str():
            raise InvalidRequest("format", f"unknown format {wanted!r}; json or a schema", code="invalid_value")
    raise fields.wrong("format", "json or a schema", wanted)


def _parse_sampling(fields: Fields, options: Fields, notes: list[Note]) -> Sampling:
    if fields.take_bool("logprobs"):
        detail = "probabilities are not told"
        notes.append(Note(path="logprobs", verdict=Verdict.DROPPED, weight=Weight.LOSSY, detail=detail))
    fields.take("top_logprobs")
    length = options.take_integer("num_predict")
    return Sampling(
        temperature=options.take_number("temperature"),
        top_p=options.take_number("top_p"),
        top_k=options.take_number("top_k"),
        presence_penalty=options.take_number("presence_penalty"),
        frequency_penalty=options.take_number("frequency_penalty"),
        seed=options.take_integer("seed"),
        max_tokens=length if length is not None and length > 0 else None,  # -1 and -2 mean no limit
        stop=_parse_stop(options),
    )


def _parse_stop(options: Fields) -> tuple[str, ...]:
    stop = options.take("stop")
    words = [stop] if isinstance(stop, str) else stop or []
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise options.wrong("stop", "an array of strings", stop)
    return tuple(filter(None, words))


def _refuse_pictures(fields: Fields) -> None:
    for name in _PICTURE_FIELDS:
        if fields.take(name):
            raise InvalidRequest(name, "pictures are not generated here", code=NOT_SUPPORTED)


def _drop_runtime_fields(fields: Fields, notes: list[Note]) -> None:
    """What only the runtime that holds the model can do; ``context`` is a conversation as that runtime's tokens."""
    ours = [name for name in ("raw", "template") if fields.take(name)]
    notes += [Note(path=name, verdict=Verdict.DROPPED, detail="the model has its own template") for name in ours]
    if fields.take("context"):
        detail = "earlier turns as tokens cannot be read here"
        notes.append(Note(path="context", verdict=Verdict.DROPPED, weight=Weight.LOSSY, detail=detail))


def _parse_prompt(fields: Fields, notes: list[Note]) -> tuple[Block, ...]:
    prompt, suffix = fields.take_string("prompt") or "", fields.take_string("suffix")
    images = parse_images(fields, notes)
    if suffix:
        notes.append(Note(path="suffix", verdict=Verdict.EMULATED, detail="the model is told to fill the gap"))
        return (Text(text=_FILL_IN.format(prompt=prompt, suffix=suffix)), *images)
    if not prompt and not images:
        raise InvalidRequest("prompt", "is required")
    return (Text(text=prompt), *images) if prompt else tuple(images)


def _said(members: JsonObject) -> JsonObject:
    """The members that say something."""
    return {name: value for name, value in members.items() if value is not None and value not in ("", [], {})}
