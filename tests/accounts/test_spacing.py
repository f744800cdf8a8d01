"""How far apart requests start."""

from codex_proxy.accounts.spacing import Spacing

NOW = 50.0


def apart(seconds: float) -> Spacing:
    return Spacing(lambda: seconds)


def test_the_first_request_of_an_account_starts_at_once() -> None:
    assert apart(2).wait_seconds("a", NOW) == 0


def test_the_next_one_waits_for_the_rest_of_the_interval() -> None:
    spacing = apart(2)
    spacing.started("a", NOW)
    assert spacing.wait_seconds("a", NOW) == 2
    assert spacing.wait_seconds("a", NOW + 1.5) == 0.5
    assert spacing.wait_seconds("a", NOW + 2) == 0
    assert spacing.wait_seconds("a", NOW + 100) == 0


def test_those_ahead_take_an_interval_each() -> None:
    spacing = apart(2)
    spacing.started("a", NOW)
    assert spacing.wait_seconds("a", NOW + 1, ahead_count=3) == 7


def test_accounts_do_not_wait_for_each_other() -> None:
    spacing = apart(2)
    spacing.started("a", NOW)
    assert spacing.wait_seconds("b", NOW) == 0


def test_without_an_interval_nobody_ever_waits() -> None:
    spacing = apart(0)
    spacing.started("a", NOW)
    assert not spacing.is_on
    assert spacing.wait_seconds("a", NOW, ahead_count=5) == 0


def test_another_interval_counts_at_once() -> None:
    seconds = [2.0]
    spacing = Spacing(lambda: seconds[0])
    spacing.started("a", NOW)
    seconds[0] = 7.0
    assert spacing.wait_seconds("a", NOW + 1) == 6
    seconds[0] = 0.0
    assert (spacing.is_on, spacing.wait_seconds("a", NOW + 1)) == (False, 0)
