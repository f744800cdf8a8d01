"""Wire shapes of OpenAI's image endpoints: the request as we keep it, and the objects of an answer.

Rules of this file: pure.  What the upstream says of a picture wins over what was asked for.  Source: OpenAI API
reference, images; types of openai-python 3.54.
"""

from enum import StrEnum
from typing import Final

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.request import Request
from codex_proxy.canonical.usage import ImageUsage
from codex_proxy.protocols.parts.legality import Grammar

IMAGE_CALL: Final = "image_generation_call"
IMAGE_TOOL: Final = "image_generation"
IMAGE_MODEL: Final = "gpt-image-2"
"""The model behind the upstream's image tool, whichever is asked for."""


class Task(StrEnum):
    """What is asked of a picture; the values are the first halves of the stream's event names."""

    GENERATE = "image_generation"
    EDIT = "image_edit"


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """How the picture was asked for; words of the wire."""

    task: Task = Task.GENERATE
    size: str = "auto"
    quality: str = "auto"
    background: str = "auto"
    output_format: str = "png"


class ImagesRequest(Request, frozen=True, kw_only=True):
    """A request of this dialect."""

    wanted: Wanted = Wanted()


GRAMMAR: Final = Grammar(
    start="begin", free=frozenset({"partial_image", "completed"}), finish=frozenset({"end", "error"})
)
"""``begin`` and ``end`` write nothing: the wire has neither a first nor a last event of its own."""


def looks(wanted: Wanted, item: JsonObject) -> JsonObject:
    """The members that say how a picture looks."""
    asked = {
        "background": wanted.background,
        "output_format": wanted.output_format,
        "quality": wanted.quality,
        "size": wanted.size,
    }
    return {name: told if isinstance(told := item.get(name), str) and told else asked[name] for name in asked}


def picture_of(item: JsonObject) -> JsonObject | None:
    """The members that hold a finished picture, ``b64_json`` or ``url``; None while there is none."""
    for member, name in (("url", "url"), ("result", "b64_json")):
        value = item.get(member)
        if isinstance(value, str) and value:
            return {name: value}
    return None


def revised_prompt(item: JsonObject) -> JsonObject:
    """The prompt that the picture was made from, where the upstream tells it."""
    told = item.get("revised_prompt")
    return {"revised_prompt": told} if isinstance(told, str) and told else {}


def usage_object(usage: ImageUsage) -> JsonObject:
    """Token counts of a picture; where the upstream does not split its input, all of it is taken for text."""
    split = usage.text_input_tokens + usage.image_input_tokens
    details = {
        "text_tokens": usage.text_input_tokens if split else usage.input_tokens,
        "image_tokens": usage.image_input_tokens,
    }
    counts = {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": details,
        "output_tokens": usage.output_tokens,
        "total_tokens": usage.total_tokens or usage.input_tokens + usage.output_tokens,
    }
    return usage.extra | counts
