"""Scenario files."""

import re
from pathlib import Path

import pytest

from codex_proxy.simulator.scenario import ScenarioError, load_scenario, parse_scenario
from codex_proxy.simulator.tokens import person_of
from codex_proxy.simulator.unscripted.facts import read_facts

PAGE = Path(__file__).parents[2] / "docs" / "simulator.md"


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
        ("accounts: [{id: a}, {id: b}, {id: a}]", r"accounts\[2\]: a is there already"),
        ("accounts: [{id: a, primary: {seconds: 0}}]", r"seconds|>= 1"),
        ("accounts: [{id: a, standing: odd}]", "standing"),
        ("issuer: {logins: [account-1, nobody]}", r"issuer\.logins\[1\]: no account is called nobody"),
        ("issuer: {refresh_tokens: {rt_1: nobody}}", r"issuer\.refresh_tokens\.rt_1: no account is called nobody"),
        ("issuer: {faults: [{answer: odd}]}", "odd"),
        ("edge: {rules: [{via: x}]}", "answer"),
        ("vendors: {acme: {wires: [telex]}}", "telex"),
        ("vendors: {acme: {wires: []}}", "wires"),
        ("vendors: {a/b: {}}", "vendors.a/b: expected letters"),
        ("vendors: {acme: {rules: [{steps: [{}]}]}}", r"vendors\.acme\.rules\[0\]\.steps\[0\]: exactly one member"),
        ("vendors: {acme: {rules: [{drop: true, raw: {}}]}}", r"vendors\.acme\.rules\[0\]: one answer per rule"),
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


def test_members_of_one_workspace_are_different_accounts() -> None:
    team = "accounts: [{id: team, user: u1, plan: team}, {id: team, user: u2, plan: business}, {id: other}]"
    scenario = parse_scenario(team)
    assert [person.key for person in scenario.people()][:2] == ["team/u1", "team/u2"]
    assert scenario.account_of(person_of("team", user_id="u2")).plan == "business"
    assert scenario.account_of(person_of("team", user_id="u3")).plan is None
    assert scenario.account_of(person_of("other", user_id="whoever")).id == "other"


def test_nobody_named_means_the_usual_two() -> None:
    assert [(person.account_id, person.plan) for person in parse_scenario("").people()] == [
        ("account-1", "plus"), ("account-2", "pro"),
    ]  # fmt: skip


def test_a_rule_reaches_a_lookup_only_by_name() -> None:
    rules = "rules: [{name: all}, {name: usage, when: {endpoint: wham/usage}}]"
    facts = read_facts({}, account_id="a", request_number=1, endpoint="wham/usage")
    scenario = parse_scenario(rules)
    names = [rule.name for only in (False, True) if (rule := scenario.rule_for(facts, naming_endpoint=only))]
    assert names == ["all", "usage"]


def test_what_the_documentation_shows_is_a_scenario() -> None:
    shown = re.findall(r"^```yaml\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    scenarios = [parse_scenario(text) for text in shown]
    assert len(scenarios) == 5
    told = [each.rules or each.accounts or each.issuer.faults or each.edge.rules or each.vendors for each in scenarios]
    assert all(told)
