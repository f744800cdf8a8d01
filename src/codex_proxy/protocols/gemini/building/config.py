"""``generationConfig`` for a vendor: sampling, thinking, the answer's form.

Rules of this file: everything the client said that the vendor can take is sent; thinking is asked for only of models
that are known to think, in the unit that the model's family takes.
"""

from typing import Final

from codex_proxy.canonical.blocks import Image, JsonObject
from codex_proxy.canonical.notes import Note, Verdict
from codex_proxy.canonical.request import Dialect, JsonOutput, Reasoning, Request, Sampling, SchemaOutput
from codex_proxy.canonical.target import Target
from codex_proxy.canonical.tools import HostedTool
from codex_proxy.protocols.gemini.building.schemas import own_schema
from codex_proxy.protocols.gemini.building.tools import IMAGE_GENERATION
from codex_proxy.protocols.gemini.schema import GeminiProfile
from codex_proxy.protocols.parts.asking.forms import described
from codex_proxy.protocols.parts.efforts import clamp_effort
from codex_proxy.protocols.parts.schemas import normalise_output

_SAMPLING: Final = {
    "temperature": "temperature",
    "top_p": "topP",
    "top_k": "topK",
    "presence_penalty": "presencePenalty",
    "frequency_penalty": "frequencyPenalty",
    "seed": "seed",
    "max_tokens": "maxOutputTokens",
}
_PROBABILITIES: Final = {"logprobs": "responseLogprobs", "top_logprobs": "logprobs"}
_RESOLUTIONS: Final = {"low": "LOW", "auto": "MEDIUM", "high": "HIGH"}
_LEVELS: Final = {
    "none": "MINIMAL",
    "minimal": "MINIMAL",
    "low": "LOW",
    "medium": "MEDIUM",
    "high": "HIGH",
    "xhigh": "HIGH",
    "max": "HIGH",
}
_BUDGETS: Final = {"none": 0, "minimal": 512, "low": 1024, "medium": 8192, "high": 24_576}


def build_config(request: Request, target: Target, profile: GeminiProfile) -> tuple[JsonObject, list[Note]]:
    """The members, and what the vendor has no word for."""
    config = _sampling(request.sampling, own=request.dialect is Dialect.GEMINI)
    form, notes = _output(request, profile)
    config |= form
    thinking = _thinking(request.reasoning, target, profile) if profile.thinks else {}
    if not profile.thinks and (target.effort or request.reasoning.effort):
        notes.append(Note(path="reasoning_effort", verdict=Verdict.DROPPED, detail="the model does not think"))
    if request.dialect is Dialect.GEMINI:
        config |= _resolution(request)
    if thinking:
        config["thinkingConfig"] = thinking
    if any(isinstance(tool, HostedTool) and tool.kind == IMAGE_GENERATION for tool in request.tools):
        config["responseModalities"] = ["TEXT", "IMAGE"]
    return config, notes


def _sampling(sampling: Sampling, *, own: bool) -> JsonObject:
    """How tokens are drawn; clients of other dialects are told no probabilities, so none are asked for."""
    asked = _SAMPLING | (_PROBABILITIES if own else {})
    told = {wire: getattr(sampling, name) for name, wire in asked.items()}
    made = {name: value for name, value in told.items() if value is not None}
    if sampling.stop:
        made["stopSequences"] = list(sampling.stop)
    return made


def _resolution(request: Request) -> JsonObject:
    """What a client of this dialect said of its pictures, where it said it of all."""
    details = {block.detail for turn in request.turns for block in turn.blocks if isinstance(block, Image)}
    word = _RESOLUTIONS.get(next(iter(details)) or "") if len(details) == 1 else None
    return {} if word is None else {"mediaResolution": f"MEDIA_RESOLUTION_{word}"}


def _output(request: Request, profile: GeminiProfile) -> tuple[JsonObject, list[Note]]:
    output = request.output
    if isinstance(output, JsonOutput):
        return {"responseMimeType": "application/json"}, []
    if not isinstance(output, SchemaOutput):
        return {}, []
    schema, lost = normalise_output(described(output), "response_format")
    told = {"responseJsonSchema": schema} if profile.json_schema else {"responseSchema": own_schema(schema)}
    return {"responseMimeType": "application/json", **told}, list(lost)


def _thinking(reasoning: Reasoning, target: Target, profile: GeminiProfile) -> JsonObject:
    wanted = target.effort or reasoning.effort
    effort = None if wanted is None else clamp_effort(wanted, target.model.efforts) or wanted
    made: JsonObject = {}
    if effort is not None:
        if target.model.slug.startswith(profile.thinking_levels):
            made["thinkingLevel"] = _LEVELS.get(effort, "HIGH")
        elif wanted == reasoning.effort and reasoning.budget_tokens is not None:
            made["thinkingBudget"] = _within(reasoning.budget_tokens, profile)
        else:
            made["thinkingBudget"] = _within(_BUDGETS.get(effort, profile.most_budget), profile)
    shown = reasoning.visible is not False and effort != "none"
    if shown and (made or target.model.efforts or reasoning.visible):  # models that do not think refuse the word
        made["includeThoughts"] = True
    return made


def _within(budget: int, profile: GeminiProfile) -> int:
    """The budget within the model's bounds; -1 leaves it to the model."""
    return budget if budget < 0 else max(profile.least_budget, min(budget, profile.most_budget))
