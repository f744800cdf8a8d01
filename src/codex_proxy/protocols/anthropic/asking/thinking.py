"""How much the vendor's model should think, in the words this vendor takes.

Rules of this file: pure; a budget always leaves room for the answer below ``max_tokens``.  Source: Anthropic API
reference, extended thinking and effort.
"""

from typing import Final

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.request import Request
from codex_proxy.canonical.target import Target
from codex_proxy.protocols.anthropic.schema import AnthropicProfile, Display, Thinks
from codex_proxy.protocols.parts.efforts import clamp_effort

BUDGETS: Final = {
    "minimal": 1024,  # the least the vendor takes
    "low": 1024,
    "medium": 8192,
    "high": 24_576,
    "xhigh": 32_768,
    "max": 65_536,
}
_ANSWER_TOKENS: Final = 4096
_EFFORTS: Final = {"minimal": "low"}


class Thinking(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the model thinks, the body's members that say so, and the output limit that leaves room for it."""

    on: bool
    members: JsonObject
    max_tokens: int


def plan_thinking(request: Request, target: Target, profile: AnthropicProfile, *, allowed: bool) -> Thinking:
    """The plan for this request; ``allowed`` False forbids thinking, whatever was asked for."""
    limit = target.model.max_output_tokens
    max_tokens = request.sampling.max_tokens or limit or profile.max_tokens
    effort = target.effort or request.reasoning.effort
    if effort is not None:
        effort = clamp_effort(effort, target.model.efforts) or effort
    shown = bool(request.reasoning.visible) and effort != "none"
    wanted = effort not in {None, "none"} or request.reasoning.budget_tokens is not None or shown
    if not allowed or not wanted or profile.thinks is Thinks.NONE:
        off = profile.thinking_off
        members: JsonObject = {"thinking": {"type": off}} if effort == "none" and off is not None else {}
        return Thinking(on=False, members=members, max_tokens=max_tokens)
    members = {}
    if profile.effort and effort is not None:
        members["output_config"] = {"effort": _EFFORTS.get(effort, effort)}
    if profile.thinks is Thinks.ADAPTIVE:
        members["thinking"] = {"type": "adaptive"} | _display(request)
        return Thinking(on=True, members=members, max_tokens=max_tokens)
    budget = request.reasoning.budget_tokens or BUDGETS.get(effort or "", BUDGETS["medium"])
    room = max(max_tokens, budget + _ANSWER_TOKENS)
    max_tokens = min(room, limit) if limit is not None else room
    members["thinking"] = {"type": "enabled", "budget_tokens": max(1024, min(budget, max_tokens - 1))}
    return Thinking(on=True, members=members, max_tokens=max_tokens)


def _display(request: Request) -> JsonObject:
    hidden = request.reasoning.visible is False
    return {"display": Display.OMITTED.value} if hidden else {"display": "summarized"}
