"""What a row says."""

from codex_proxy.access.matrix.rules import CHANGE, LOOK, READ, REVEAL, Need, rule_of


def test_a_route_without_a_row_is_the_owners_and_changes_something() -> None:
    rule = rule_of({("GET", "/a"): READ}, "GET", "/b")
    assert (rule.need, rule.acts) == (Need.ADMIN, True)
    assert rule_of({("GET", "/a"): READ}, "POST", "/a") == CHANGE


def test_what_changes_or_shows_secrets_is_written_down() -> None:
    assert [rule.is_written_down for rule in (READ, CHANGE, REVEAL, LOOK)] == [False, True, True, False]
