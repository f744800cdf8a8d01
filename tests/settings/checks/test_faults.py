"""Faults as sentences."""

from codex_proxy.settings.checks.faults import Fault, SettingsError


def test_a_sentence_says_where_and_which_key() -> None:
    found = Fault(source="local.yaml:3", message="must be less", key="a.b", file="local.yaml", line=3)
    assert str(found) == "local.yaml:3: a.b: must be less"
    assert str(Fault(source="request", message="unknown key a.c", key="a.c")) == "request: unknown key a.c"
    error = SettingsError([found, Fault(source="x", message="y")])
    assert error.problems == ("local.yaml:3: a.b: must be less", "x: y")
    assert str(error) == "local.yaml:3: a.b: must be less; x: y"
