"""Members that the requests of OpenAI's dialects share.

Source: OpenAI API reference, chat completions and completions; the extensions of OpenRouter and Mistral clients.
"""

from collections.abc import Mapping
from typing import Final

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.canonical.request import Sampling
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.parts.asking.nested import kept_within
from codex_proxy.protocols.parts.fields import Fields

TIER_WORDS: Final[Mapping[str, str]] = {"fast": "priority", "ultrafast": "priority"}
"""What others call a tier, and the API's word for it."""


def refuse_several(fields: Fields, name: str) -> None:
    """Refuse a count of answers other than one, since the missing ones would not be noticed."""
    count = fields.take_integer(name)
    if count is not None and count != 1:
        raise InvalidRequest(name, "only one choice can be answered", code="unsupported_value")


def parse_streaming(fields: Fields) -> tuple[bool, bool, JsonObject]:
    """Whether to stream, whether the client wants the usage chunk (OpenRouter's spelling too), and what else was said.

    The last holds members of ``stream_options`` without a meaning here, under dotted names.
    """
    options = fields.take_fields("stream_options") or Fields({})
    usage = fields.take("usage")
    wanted = options.take_bool("include_usage") or (isinstance(usage, dict) and usage.get("include") is True)
    return fields.take_bool("stream") or False, wanted, kept_within("stream_options", options.rest())


def parse_sampling(fields: Fields) -> Sampling:
    """How tokens are drawn, and where the answer ends; probabilities are the dialect's own matter."""
    return Sampling(
        temperature=fields.take_number("temperature"),
        top_p=fields.take_number("top_p"),
        top_k=fields.take_number("top_k"),
        presence_penalty=fields.take_number("presence_penalty"),
        frequency_penalty=fields.take_number("frequency_penalty"),
        seed=_first_integer(fields, "seed", "random_seed"),
        logit_bias=fields.take_object("logit_bias"),
        max_tokens=_first_integer(fields, "max_completion_tokens", "max_tokens", "max_output_tokens"),
        stop=_parse_stop(fields),
    )


def no_probabilities(name: str) -> Note:
    """The note for a wish to see how likely each token was."""
    return Note(path=name, verdict=Verdict.DROPPED, weight=Weight.LOSSY, detail="probabilities are not told")


def _first_integer(fields: Fields, *names: str) -> int | None:
    found = [fields.take_integer(name) for name in names]
    return next((value for value in found if value is not None), None)


def _parse_stop(fields: Fields) -> tuple[str, ...]:
    """A string or any number of strings; OpenAI takes four, other vendors more."""
    stop = fields.take("stop")
    if stop is None or isinstance(stop, str):
        return (stop,) if stop else ()
    if not isinstance(stop, list) or not all(isinstance(word, str) for word in stop):
        raise InvalidRequest("stop", "expected a string or an array of strings", code="invalid_type")
    return tuple(filter(None, stop))
