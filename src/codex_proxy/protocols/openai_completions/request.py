"""The body of a text completion request as a canonical request.

Rules of this file: a prompt becomes a user message, since no upstream here goes on writing a text; what only such an
upstream could do is refused.  Source: OpenAI API reference, completions.
"""

from collections.abc import Mapping
from typing import Any, Final

from codex_proxy.canonical.blocks import Text
from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.canonical.request import Dialect, Reasoning, Request, Role, SessionHints, Turn
from codex_proxy.protocols.base import InvalidRequest, ParsedRequest
from codex_proxy.protocols.parts.efforts import known_effort
from codex_proxy.protocols.parts.fields import Fields, json_type
from codex_proxy.protocols.parts.json_text import decode_object
from codex_proxy.protocols.parts.openai.asking import (
    no_probabilities,
    parse_sampling,
    parse_streaming,
    refuse_several,
)
from codex_proxy.protocols.parts.session_hints import conversation_id

_REFUSED: Final = {
    "suffix": "text cannot be inserted before other text; ask for it in the prompt",
    "echo": "the prompt cannot be repeated in the answer",
}


def parse_request(body: bytes, headers: Mapping[str, str]) -> ParsedRequest:
    """The client's body as a canonical request; ``headers`` have lower-case names.

    Raises:
        InvalidRequest: the body is no legal request, or asks for what cannot be done; names the field.
    """
    fields = Fields(decode_object(body))
    notes: list[Note] = []
    _refuse_impossible(fields, notes)
    turns = _parse_prompt(fields.take("prompt"), notes)
    stream, include_usage, unread = parse_streaming(fields)
    effort = known_effort(fields.take_string("reasoning_effort"), "reasoning_effort", notes)
    request = Request(
        dialect=Dialect.OPENAI_COMPLETIONS,
        model=fields.take_string("model") or "",
        turns=turns,
        reasoning=Reasoning(effort=effort, visible=False),
        sampling=parse_sampling(fields),
        service_tier=fields.take_string("service_tier"),
        stream=stream,
        include_usage=include_usage,
        session=SessionHints(conversation_id=conversation_id(headers), user=fields.take_string("user")),
        knows_tools=False,
        extra={name: value for name, value in fields.rest().items() if value is not None} | unread,
    )
    return ParsedRequest(request=request, notes=tuple(notes))


def _refuse_impossible(fields: Fields, notes: list[Note]) -> None:
    for name, reason in _REFUSED.items():
        if fields.take(name):
            raise InvalidRequest(name, reason, code="unsupported_value")
    for name in ("n", "best_of"):
        refuse_several(fields, name)
    if fields.take_integer("logprobs") is not None:
        notes.append(no_probabilities("logprobs"))


def _parse_prompt(prompt: Any, notes: list[Note]) -> tuple[Turn, ...]:
    """A text, or a list of texts, of which each would have its own choice at OpenAI."""
    if prompt is None or prompt == []:
        raise InvalidRequest("prompt", "is required", code="missing_required_parameter")
    prompts = prompt if isinstance(prompt, list) else [prompt]
    if any(isinstance(part, int | list) and not isinstance(part, bool) for part in prompts):
        raise InvalidRequest("prompt", "token ids cannot be read here; send text", code="unsupported_value")
    for place, part in enumerate(prompts):
        if not isinstance(part, str):
            path = f"prompt[{place}]" if isinstance(prompt, list) else "prompt"
            raise InvalidRequest(path, f"expected a string, got {json_type(part)}", code="invalid_type")
    if len(prompts) > 1:
        detail = "several prompts are one conversation here, with one choice"
        notes.append(Note(path="prompt", verdict=Verdict.APPROXIMATED, weight=Weight.LOSSY, detail=detail))
    return tuple(Turn(role=Role.USER, blocks=(Text(text=part),)) for part in prompts)
