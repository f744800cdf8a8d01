"""How vendors are told to think."""

from typing import Any

import pytest

from codex_proxy.canonical.request import Dialect, Reasoning, Request
from codex_proxy.canonical.target import ModelFacts
from codex_proxy.protocols.openai_chat.asking.profile import ChatProfile, ThinkingSwitch
from codex_proxy.protocols.openai_chat.asking.thinking import Thinking, plan_thinking
from tests.protocols.codex.parts import target


def plan(
    effort: str | None = None, *, efforts: tuple[str, ...] = (), stream: bool = False, budget: int | None = None,
    **profile: Any,
) -> Thinking:  # fmt: skip
    asked = Request(
        dialect=Dialect.ANTHROPIC,
        model="m",
        turns=(),
        stream=stream,
        reasoning=Reasoning(effort=effort, budget_tokens=budget),
    )
    return plan_thinking(asked, target(model=ModelFacts(slug="m", efforts=efforts)), ChatProfile(**profile))


def switched(*words: str) -> tuple[ThinkingSwitch, ...]:
    return tuple(map(ThinkingSwitch, words))


@pytest.mark.parametrize(
    ("switches", "effort", "said"),
    [
        ("reasoning_effort", "low", {"reasoning_effort": "low"}),
        ("reasoning_effort", "none", {"reasoning_effort": "none"}),
        ("reasoning", "low", {"reasoning": {"effort": "low"}}),
        ("reasoning", "none", {"reasoning": {"enabled": False}}),
        ("reasoning.enabled reasoning_effort", "low", {"reasoning": {"enabled": True}, "reasoning_effort": "low"}),
        ("reasoning.enabled reasoning_effort", "none", {"reasoning": {"enabled": False}}),
        ("thinking", "high", {"thinking": {"type": "enabled"}}),
        ("thinking", "none", {"thinking": {"type": "disabled"}}),
        ("thinking reasoning_effort", "max", {"thinking": {"type": "enabled"}, "reasoning_effort": "max"}),
        ("thinking reasoning_effort", "none", {"thinking": {"type": "disabled"}}),
        ("enable_thinking", "none", {"enable_thinking": False}),
        ("chat_template_kwargs", "low", {"chat_template_kwargs": {"enable_thinking": True}}),
    ],
)
def test_each_switch_in_its_words(switches: str, effort: str, said: dict[str, Any]) -> None:
    made = plan(effort, thinking=switched(*switches.split()))
    assert (made.members, made.on, made.notes) == (said, effort != "none", ())


@pytest.mark.parametrize(
    ("asked", "listed", "said"),
    [
        ("xhigh", ("low", "medium", "high"), "high"),
        ("minimal", ("low", "high"), "low"),
        ("low", ("high", "max"), "high"),
        ("none", ("low", "high"), "low"),
        ("high", (), "high"),
        ("dense", ("low",), "dense"),
    ],
)
def test_an_effort_becomes_one_that_the_model_has(asked: str, listed: tuple[str, ...], said: str) -> None:
    assert plan(asked, efforts=listed).members == {"reasoning_effort": said}


def test_a_vendor_may_have_words_of_its_own() -> None:
    words = {"low": "default", "high": "default"}
    assert plan("high", effort_words=words).members == {"reasoning_effort": "default"}
    assert plan("none", effort_words=words).members == {"reasoning_effort": "none"}


def test_a_budget_goes_where_the_vendor_takes_one() -> None:
    qwen = plan("high", budget=9000, thinking=switched("enable_thinking"), budget_field="thinking_budget")
    assert qwen.members == {"enable_thinking": True, "thinking_budget": 9000}
    assert plan("high", budget=9000, thinking=switched("reasoning")).members == {"reasoning": {"max_tokens": 9000}}
    assert plan("high", budget=9000).members == {"reasoning_effort": "high"}
    off = plan("none", budget=0, thinking=switched("enable_thinking"), budget_field="thinking_budget")
    assert off.members == {"enable_thinking": False}


def test_without_a_wish_nothing_is_said() -> None:
    assert plan() == Thinking(on=False, members={})
    assert plan(thinks=True) == Thinking(on=True, members={})


def test_a_vendor_without_a_switch_thinks_as_it_likes() -> None:
    made = plan("high", thinking=(), thinks=True)
    assert (made.on, made.members, [note.path for note in made.notes]) == (True, {}, ["reasoning_effort"])


@pytest.mark.parametrize(("stream", "said"), [(True, {"enable_thinking": True}), (False, {"enable_thinking": False})])
def test_some_models_think_only_while_they_stream(stream: bool, said: dict[str, Any]) -> None:
    made = plan("high", stream=stream, thinking=switched("enable_thinking"), thinks_only_streaming=True)
    assert (made.members, made.on, len(made.notes)) == (said, stream, int(not stream))
    silent = plan(stream=stream, thinks=True, thinking=switched("enable_thinking"), thinks_only_streaming=True)
    assert silent.members == ({} if stream else {"enable_thinking": False})
