"""Steps have exactly one member."""

from codex_proxy.simulator.sections.steps import Step, misstep


def test_what_is_wrong_with_a_step() -> None:
    assert misstep(Step(text="hi")) is None
    assert misstep(Step()) == []
    assert misstep(Step(text="hi", cut=True)) == ["text", "cut"]
