"""Scenario files."""

from pathlib import Path

import pytest

from codex_proxy.simulator.scenario import ScenarioError, load_scenario, parse_scenario


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rules: [", "not valid YAML"),
        ("rulez: []", "rulez"),
        ("rules: [{steps: [{txt: x}]}]", "txt"),
        ("rules: [{steps: [{text: x, cut: true}]}]", r"rules\[0\]\.steps\[0\]: exactly one member"),
        ("rules: [{steps: [{}]}]", "not none"),
        ("rules: [{shape: round}]", r"rules\[0\]\.shape"),
        ("rules: [{reply: {}}]", "status"),
    ],
)
def test_what_a_scenario_cannot_mean_is_an_error_with_its_place(text: str, words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        parse_scenario(text)


def test_an_empty_scenario_has_no_rules() -> None:
    assert parse_scenario("").rules == []


def test_a_file_is_named_in_its_errors(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="cannot be read"):
        load_scenario(tmp_path / "none.yaml")
    (tmp_path / "a.yaml").write_text("rulez: []")
    with pytest.raises(ScenarioError, match=r"a\.yaml"):
        load_scenario(tmp_path / "a.yaml")
    (tmp_path / "b.yaml").write_text("rules: [{steps: [{text: hi}]}]")
    assert load_scenario(tmp_path / "b.yaml").rules[0].steps[0].text == "hi"
