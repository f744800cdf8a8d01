"""What a log keeps where nobody says otherwise."""

from codex_proxy.operations.request_log.store import Retention, Wanted


def test_three_days_and_no_filter() -> None:
    assert Retention().age_seconds == 72 * 3600
    assert Wanted() == Wanted(search="", errors_only=False)
