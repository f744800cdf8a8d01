from typing import Any

from codex_proxy.canonical.request import Dialect, Reasoning, Request, Sampling
from codex_proxy.protocols.anthropic.asking.thinking import Thinking, plan_thinking
from codex_proxy.protocols.anthropic.schema import AnthropicProfile, Thinks
from tests.protocols.anthropic.wire import target


def plan(
    reasoning: Reasoning | None = None,
    *,
    max_tokens: int | None = None,
    limit: int | None = None,
    allowed: bool = True,
    efforts: tuple[str, ...] = (),
    **profile: Any,
) -> Thinking:
    request = Request(
        dialect=Dialect.OPENAI_CHAT,
        model="m",
        turns=(),
        reasoning=reasoning or Reasoning(),
        sampling=Sampling(max_tokens=max_tokens),
    )
    to = target(model={"max_output_tokens": limit, "efforts": efforts})
    return plan_thinking(request, to, AnthropicProfile(**profile), allowed=allowed)


def test_nothing_said_nothing_thought() -> None:
    assert plan() == Thinking(on=False, members={}, max_tokens=32_000)
    assert plan(max_tokens=5).max_tokens == 5
    assert plan(limit=9).max_tokens == 9


def test_an_effort_for_a_model_that_thinks_as_it_likes() -> None:
    made = plan(Reasoning(effort="high"))
    assert made.on
    assert made.members == {
        "output_config": {"effort": "high"},
        "thinking": {"type": "adaptive", "display": "summarized"},
    }
    assert plan(Reasoning(effort="minimal")).members["output_config"] == {"effort": "low"}
    hidden = plan(Reasoning(effort="high", visible=False))
    assert hidden.members["thinking"] == {"type": "adaptive", "display": "omitted"}


def test_thinking_can_be_switched_off() -> None:
    assert plan(Reasoning(effort="none")).members == {"thinking": {"type": "disabled"}}
    assert not plan(Reasoning(effort="high"), allowed=False).on
    assert not plan(Reasoning(effort="high"), thinks=Thinks.NONE).on


def test_a_budget_always_leaves_room_for_the_answer() -> None:
    told: dict[str, Any] = {"thinks": Thinks.BUDGET, "effort": False}
    made = plan(Reasoning(effort="high"), max_tokens=8192, **told)
    assert made.members == {"thinking": {"type": "enabled", "budget_tokens": 24_576}}
    assert made.max_tokens == 24_576 + 4096
    assert plan(Reasoning(effort="low"), max_tokens=50_000, **told).max_tokens == 50_000


def test_a_budget_stays_below_the_models_limit() -> None:
    made = plan(Reasoning(effort="xhigh"), limit=8192, thinks=Thinks.BUDGET)
    assert (made.max_tokens, made.members["thinking"]["budget_tokens"]) == (8192, 8191)


def test_the_clients_own_budget() -> None:
    made = plan(Reasoning(budget_tokens=2000), thinks=Thinks.BUDGET)
    assert made.members["thinking"] == {"type": "enabled", "budget_tokens": 2000}
    least = plan(Reasoning(budget_tokens=5), thinks=Thinks.BUDGET)
    assert least.members["thinking"]["budget_tokens"] == 1024


def test_an_effort_becomes_one_that_the_model_has() -> None:
    made = plan(Reasoning(effort="xhigh"), efforts=("low", "medium", "high"))
    assert made.members["output_config"] == {"effort": "high"}
    always = plan(Reasoning(effort="none"), efforts=("low", "high"))
    assert (always.on, always.members["output_config"]) == (True, {"effort": "low"})


def test_a_model_may_have_another_word_for_no_thinking_or_none() -> None:
    off = Reasoning(effort="none")
    assert plan(off, thinking_off="between_tools").members == {"thinking": {"type": "between_tools"}}
    assert plan(off, thinking_off=None).members == {}
