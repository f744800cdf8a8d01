"""The failure taxonomy decides every kind."""

from codex_proxy.canonical.failure import RULES, Failure, FailureKind, Fault, rule_of


def test_every_kind_has_a_rule() -> None:
    assert set(RULES) == set(FailureKind)


def test_every_rule_names_a_client_error_status_and_a_meaning() -> None:
    for kind, rule in RULES.items():
        assert 400 <= rule.client_status <= 599, kind
        assert rule.meaning.endswith("."), kind


def test_the_clients_own_mistakes_are_never_tried_elsewhere() -> None:
    for kind, rule in RULES.items():
        if rule.fault is Fault.CLIENT:
            assert not rule.other_account_helps, kind
            assert rule.same_account_tries == 0, kind


def test_a_failing_account_is_never_blamed_on_the_clients_key() -> None:
    for kind, rule in RULES.items():
        if rule.fault is Fault.ACCOUNT:
            assert rule.client_status != 401, kind


def test_rule_of_reads_the_table() -> None:
    failure = Failure(kind=FailureKind.OVERLOADED, message="at capacity")
    assert rule_of(failure) is RULES[FailureKind.OVERLOADED]
