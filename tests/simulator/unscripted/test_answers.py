"""What the simulated model says by itself."""

import json
from typing import Any

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import ToolCall
from codex_proxy.canonical.fold import fold
from codex_proxy.simulator.unscripted.answers import answer, usage_of
from codex_proxy.simulator.unscripted.facts import Facts, read_facts

LOOK = {"type": "function", "name": "look", "parameters": {"type": "object", "properties": {"q": {"type": "string"}}}}


def facts(question: str, *more: dict[str, Any], **members: Any) -> Facts:
    body = {"model": "m", "input": [{"role": "user", "content": question}, *more]} | members
    return read_facts(body, account_id="a", request_number=1)


def spoken(told: Facts) -> str:
    return "".join(event.text for event in answer(told, "sealed") if isinstance(event, ev.TextDelta))


def calls(told: Facts) -> list[tuple[str, str]]:
    parts = [part.block for part in fold(answer(told, "sealed")).parts]
    return [(block.name, block.arguments) for block in parts if isinstance(block, ToolCall)]


def test_the_answer_depends_on_the_question() -> None:
    assert "rivers" in spoken(facts("rivers"))
    assert spoken(facts("rivers")) != spoken(facts("hills"))


def test_two_quoted_topics_are_two_parallel_calls() -> None:
    told = facts('weather in "Vienna" and "Graz"', tools=[LOOK], parallel_tool_calls=True)
    assert calls(told) == [("look", '{"q":"Vienna"}'), ("look", '{"q":"Graz"}')]
    assert len(calls(facts('weather in "Vienna" and "Graz"', tools=[LOOK]))) == 1


def test_no_tool_is_called_where_none_is_wanted_or_it_has_answered() -> None:
    assert calls(facts("x", tools=[LOOK], tool_choice="none")) == []
    output = {"type": "function_call_output", "call_id": "c", "output": "seen"}
    assert calls(facts("x", output, tools=[LOOK])) == []


def test_a_named_tool_is_the_one_that_is_called() -> None:
    other = LOOK | {"name": "other"}
    told = facts("x", tools=[LOOK, other], tool_choice={"type": "function", "name": "other"})
    assert [name for name, _ in calls(told)] == ["other"]


def test_json_fits_what_was_asked_for() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    told = facts("x", text={"format": {"type": "json_schema", "name": "a", "schema": schema}})
    assert json.loads(spoken(told)) == {"n": 7}
    assert json.loads(spoken(facts("x", text={"format": {"type": "json_object"}})))


def test_pictures_are_seen_and_made() -> None:
    image = {"type": "input_image", "image_url": "data:image/png;base64,aGkh"}
    told = read_facts({"model": "m", "input": [{"role": "user", "content": [image]}]}, account_id="a", request_number=1)
    assert spoken(told) == "I see a picture of type image/png and 3 bytes."
    made = fold(answer(facts("draw", tools=[{"type": "image_generation"}]), "sealed")).parts[0].block
    assert getattr(made, "kind", None) == "image_generation_call"
    usage = usage_of(facts("draw"), answer(facts("draw", tools=[{"type": "image_generation"}]), "sealed"))
    assert usage.image is not None
    assert usage.image.total_tokens == usage.image.input_tokens + usage.image.output_tokens > 0
    assert usage_of(facts("x"), answer(facts("x"), "sealed")).image is None


def test_thoughts_come_where_an_effort_is_asked_for() -> None:
    kinds = [type(event) for event in answer(facts("x", reasoning={"effort": "low"}), "sealed")]
    assert ev.ThinkingEnded in kinds
    assert ev.ThinkingEnded not in [type(event) for event in answer(facts("x", reasoning={"effort": "none"}), "s")]


def test_usage_counts_what_was_said() -> None:
    told = facts("x" * 10_000)
    short, long = usage_of(told, ()), usage_of(told, answer(told, "sealed"))
    assert long.output_tokens > short.output_tokens
    assert long.cached_tokens == long.input_tokens // 2
