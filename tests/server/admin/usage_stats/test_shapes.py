"""Answers about usage; see ``test_routes`` for what they hold."""

from codex_proxy.server.admin.usage_stats.shapes import RecordingView, SummaryAnswer, recording_view
from tests.operations.usage_stats.samples import STATE


def test_how_recording_goes() -> None:
    assert recording_view(None) == RecordingView(enabled=False)
    told = recording_view(STATE)
    assert (told.enabled, told.waiting_count, told.lost_count, told.written_count) == (True, 1, 2, 3)
    assert told.failing_since is not None
    assert told.failing_since.endswith("Z")


def test_the_sum_has_what_dashboards_look_for() -> None:
    assert {
        "total_input_tokens",
        "total_output_tokens",
        "total_cached_tokens",
        "total_image_input_tokens",
        "total_image_output_tokens",
        "total_image_request_count",
        "total_image_request_failed_count",
        "total_estimated_cost_usd",
        "total_request_count",
        "total_accounts",
        "active_accounts",
    } <= set(SummaryAnswer.__struct_encode_fields__)
