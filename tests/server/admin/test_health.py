"""The health report is a plain JSON object."""

import msgspec

from codex_proxy.server.admin.health import HealthReport, SlotReport, health_route


def test_the_route_tells_the_report_as_it_is_now() -> None:
    report = HealthReport(
        status="ok",
        version="1",
        uptime_seconds=0.5,
        accounts={},
        slots=SlotReport(used_count=0, total_count=None, waiting_count=0),
        exchanges_count=0,
        models_fetched_at=None,
    )
    assert health_route(lambda: report).paths == {"/health/details"}
    assert msgspec.to_builtins(report)["slots"]["total_count"] is None
