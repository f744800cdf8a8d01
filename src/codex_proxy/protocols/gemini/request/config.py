"""``generationConfig``: sampling, thinking, modalities and pictures.

Rules of this file: what only changes how tokens are drawn is kept for upstreams that take it; several candidates and
spoken answers are refused, because the client could not tell that it got something else.
"""

from typing import Any, Final

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.canonical.request import Reasoning, Sampling
from codex_proxy.canonical.tools import HostedTool
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.gemini.request.fields import WireFields
from codex_proxy.protocols.gemini.request.tools import IMAGE_GENERATION
from codex_proxy.protocols.parts.efforts import effort_of_budget, known_effort

_LEVEL_PREFIX: Final = "thinking_level_"
_UNSPECIFIED: Final = "unspecified"
_SIZES: Final = {
    "1:1": "1024x1024",
    "3:2": "1536x1024",
    "4:3": "1360x1024",
    "5:4": "1280x1024",
    "16:9": "1536x864",
    "21:9": "1536x656",
    "2:3": "1024x1536",
    "3:4": "1024x1360",
    "4:5": "1024x1280",
    "9:16": "864x1536",
}  # nearest multiples of 16 that image models take


def parse_thinking(config: WireFields, notes: list[Note]) -> Reasoning:
    """``thinkingConfig``: a level wins over a budget; thoughts stay hidden unless asked for."""
    thinking = config.take_fields("thinkingConfig")
    if thinking is None:
        return Reasoning(visible=False)
    budget = thinking.take_integer("thinkingBudget")
    level = (thinking.take_string("thinkingLevel") or "").lower().removeprefix(_LEVEL_PREFIX)
    effort = None
    if level and level != _UNSPECIFIED:
        effort = known_effort(level, thinking.at("thinkingLevel"), notes)
    if effort is None and budget is not None:
        effort = effort_of_budget(budget)
    visible = thinking.take_bool("includeThoughts") or False
    return Reasoning(effort=effort, budget_tokens=budget, visible=visible and effort != "none")


def parse_sampling(config: WireFields, notes: list[Note]) -> Sampling:
    """Sampling values and the answer's length.

    Raises:
        InvalidRequest: more than one candidate, or a value of the wrong type.
    """
    count = config.take_integer("candidateCount")
    if count is not None and count > 1:
        raise InvalidRequest(
            config.at("candidateCount"), "only one candidate can be answered", code="unsupported_value"
        )
    top_logprobs, logprobs = config.take_integer("logprobs"), config.take_bool("responseLogprobs")
    if logprobs:
        where, detail = config.at("responseLogprobs"), "probabilities are not told"
        notes.append(Note(path=where, verdict=Verdict.DROPPED, weight=Weight.LOSSY, detail=detail))
    return Sampling(
        temperature=config.take_number("temperature"),
        top_p=config.take_number("topP"),
        top_k=config.take_number("topK"),
        presence_penalty=config.take_number("presencePenalty"),
        frequency_penalty=config.take_number("frequencyPenalty"),
        seed=config.take_integer("seed"),
        logprobs=logprobs,
        top_logprobs=top_logprobs,
        max_tokens=config.take_integer("maxOutputTokens"),
        stop=_parse_stop(config),
    )


def parse_pictures(config: WireFields) -> HostedTool | None:
    """The image tool, where the answer may hold pictures.

    Raises:
        InvalidRequest: the answer is to be spoken.
    """
    modalities = [str(told).upper() for told in config.take_list("responseModalities") or []]
    wanted = config.take_fields("imageConfig")
    if "AUDIO" in modalities or "VIDEO" in modalities:
        where = config.at("responseModalities")
        raise InvalidRequest(where, "only text and pictures can be answered", code="unsupported_value")
    if "IMAGE" not in modalities:
        return None
    return HostedTool(kind=IMAGE_GENERATION, settings=_picture_settings(wanted))


def _picture_settings(wanted: WireFields | None) -> JsonObject:
    if wanted is None:
        return {}
    size = _SIZES.get(wanted.take_string("aspectRatio") or "")
    media_type = wanted.take_string("outputMimeType")
    made = {"size": size, "output_format": media_type.partition("/")[2] if media_type else None}
    return {name: value for name, value in made.items() if value}


def _parse_stop(config: WireFields) -> tuple[str, ...]:
    stops: Any = config.take("stopSequences")
    if isinstance(stops, str):
        stops = [stops]
    if stops is None:
        return ()
    if not isinstance(stops, list) or not all(isinstance(stop, str) for stop in stops):
        raise InvalidRequest(config.at("stopSequences"), "expected an array of strings", code="invalid_type")
    return tuple(filter(None, stops))
