"""Requests for pictures as canonical requests: a prompt for a chat model that must use the upstream's image tool.

Rules of this file: a field that changes nothing is noted, one that asks for what cannot be had is refused by name.
Source: OpenAI API reference, images; fields of openai-python 3.54.
"""

from typing import Final

from codex_proxy.canonical.blocks import Image, JsonObject, Text
from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.canonical.request import Dialect, Reasoning, Role, Sampling, Turn
from codex_proxy.canonical.tools import ChooseHosted, HostedTool
from codex_proxy.protocols.base import InvalidRequest, ParsedRequest
from codex_proxy.protocols.openai_images.pictures import parse_pictures
from codex_proxy.protocols.openai_images.schema import IMAGE_MODEL, IMAGE_TOOL, ImagesRequest, Task, Wanted
from codex_proxy.protocols.openai_images.tool import parse_tool_settings
from codex_proxy.protocols.parts.fields import Fields

MOST_COPIES: Final = 4

_LOSSY: Final = frozenset({"input_fidelity"})
_LOOKS: Final = ("size", "quality", "background", "output_format")


def parse_members(members: JsonObject, task: Task, *, pictures: tuple[Image, ...] = ()) -> ParsedRequest:
    """A body's members as a request; ``pictures`` came beside them, where not in them.

    Raises:
        InvalidRequest: a field is wrong or cannot be honoured.
    """
    body, notes = Fields(members), list[Note]()
    prompt = body.need_string("prompt")
    if not prompt.strip():
        raise InvalidRequest("prompt", "must not be empty", code="invalid_value")
    if task is Task.EDIT and not pictures:
        pictures = parse_pictures(body)
    model = body.take_string("model") or ""
    settings = parse_tool_settings(body, notes)
    stream = _stream(body, settings)
    copies = _copies(body, stream=stream)
    links = _wants_link(body, stream=stream)
    notes += _unheard(body, model)
    wanted = Wanted(task=task, **{name: settings[name] for name in _LOOKS if name in settings})
    if task is Task.EDIT:
        settings["action"] = "edit"
    request = ImagesRequest(
        dialect=Dialect.OPENAI_IMAGES,
        model=model,
        turns=(Turn(role=Role.USER, blocks=(Text(text=prompt), *pictures)),),
        tools=(HostedTool(kind=IMAGE_TOOL, settings=settings),),
        tool_choice=ChooseHosted(kind=IMAGE_TOOL),
        reasoning=Reasoning(visible=False),
        sampling=Sampling(choice_count=copies),
        stream=stream,
        pictures_only=True,
        knows_tools=False,
        picture_links=links,
        wanted=wanted,
    )
    return ParsedRequest(request=request, notes=tuple(notes))


def _stream(body: Fields, settings: JsonObject) -> bool:
    stream = body.take_bool("stream") or False
    if settings.get("partial_images") and not stream:
        raise InvalidRequest("partial_images", "are shown in a stream only; set stream", code="invalid_value")
    return stream


def _copies(body: Fields, *, stream: bool) -> int | None:
    copies = body.take_integer("n")
    if copies is None:
        return None
    if not 1 <= copies <= MOST_COPIES:
        raise InvalidRequest("n", f"must be between 1 and {MOST_COPIES}", code="invalid_value")
    if copies > 1 and stream:
        reason = "must be 1 in a stream, whose events do not say which picture they show"
        raise InvalidRequest("n", reason, code="invalid_value")
    return copies


def _wants_link(body: Fields, *, stream: bool) -> bool:
    told = body.take_string("response_format")
    if told not in {None, "b64_json", "url"}:
        raise InvalidRequest("response_format", "expected one of b64_json, url", code="invalid_value")
    if told == "url" and stream:
        raise InvalidRequest("response_format", "must be b64_json in a stream", code="invalid_value")
    return told == "url"


def _unheard(body: Fields, model: str) -> list[Note]:
    """Notes for what the upstream is not told: ``style``, ``user``, ``input_fidelity`` and whatever nobody knows."""
    notes = [
        Note(path=name, verdict=Verdict.DROPPED, weight=Weight.LOSSY if name in _LOSSY else Weight.COSMETIC)
        for name, value in body.rest().items()
        if value is not None
    ]
    if model and not model.startswith(IMAGE_MODEL):
        notes.append(Note(path="model", verdict=Verdict.APPROXIMATED, detail=f"{IMAGE_MODEL} makes the picture"))
    return notes
