"""How much the vendor's model should think, in the words this vendor takes.

Rules of this file: pure; an effort never refuses a request, it becomes the nearest one that the model has.
"""

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.notes import Note, Verdict
from codex_proxy.canonical.request import Request
from codex_proxy.canonical.target import Target
from codex_proxy.protocols.openai_chat.asking.profile import ChatProfile, ThinkingSwitch
from codex_proxy.protocols.parts.efforts import clamp_effort

_NONE = "none"


class Thinking(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the model thinks, the body's members that say so, and what could not be said."""

    on: bool
    members: JsonObject
    notes: tuple[Note, ...] = ()


def plan_thinking(request: Request, target: Target, profile: ChatProfile) -> Thinking:
    """The plan for this request."""
    effort = target.effort or request.reasoning.effort
    if effort is not None:
        effort = clamp_effort(effort, target.model.efforts) or effort
    on = profile.thinks if effort is None else effort != _NONE
    if on and profile.thinks_only_streaming and not request.stream:
        note = Note(path="reasoning_effort", verdict=Verdict.DROPPED, detail="the vendor thinks only while it streams")
        return Thinking(on=False, members=_members(_NONE, None, profile), notes=(note,))
    if effort is None:
        return Thinking(on=on, members={})
    if not profile.thinking:
        note = Note(path="reasoning_effort", verdict=Verdict.DROPPED, detail="the vendor has no such switch")
        return Thinking(on=profile.thinks, members={}, notes=(note,))
    budget = request.reasoning.budget_tokens if target.effort in {None, request.reasoning.effort} else None
    return Thinking(on=on, members=_members(effort, budget, profile))


def _members(effort: str, budget: int | None, profile: ChatProfile) -> JsonObject:
    thinks = effort != _NONE
    members: JsonObject = {}
    for switch in profile.thinking:
        match switch:
            case ThinkingSwitch.REASONING_EFFORT:
                if thinks or profile.thinking[0] is ThinkingSwitch.REASONING_EFFORT:
                    members["reasoning_effort"] = profile.effort_words.get(effort, effort)
            case ThinkingSwitch.REASONING_OBJECT:
                members["reasoning"] = _reasoning(effort, budget)
            case ThinkingSwitch.REASONING_ENABLED:
                members["reasoning"] = {"enabled": thinks}
            case ThinkingSwitch.THINKING_TYPE:
                members["thinking"] = {"type": "enabled" if thinks else "disabled"}
            case ThinkingSwitch.ENABLE_THINKING:
                members["enable_thinking"] = thinks
            case ThinkingSwitch.TEMPLATE:
                members["chat_template_kwargs"] = {"enable_thinking": thinks}
    if thinks and budget is not None and budget > 0 and profile.budget_field is not None:
        members[profile.budget_field] = budget
    return members


def _reasoning(effort: str, budget: int | None) -> JsonObject:
    """An object that takes an effort or a budget, not both."""
    if effort == _NONE:
        return {"enabled": False}
    return {"effort": effort} if budget is None or budget <= 0 else {"max_tokens": budget}
