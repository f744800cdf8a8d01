"""How often errors may be reported."""

from codex_proxy.operations.error_log.pace import MOST_REPORTS, ReportPace


def test_so_many_in_any_minute() -> None:
    pace = ReportPace()
    assert [pace.begin(float(number) / 10) for number in range(MOST_REPORTS)] == [0.0] * MOST_REPORTS
    assert pace.begin(20.0) == 40.0
    assert pace.begin(59.9) > 0
    assert pace.begin(60.0) == 0.0
    assert pace.begin(60.0) > 0
