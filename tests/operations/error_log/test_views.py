"""The error log as it is shown."""

import msgspec

from codex_proxy.operations.error_log.reports import kept_report
from codex_proxy.operations.error_log.store import ErrorGroup, GroupState
from codex_proxy.operations.error_log.views import entry_of_report, entry_of_row, group_view
from codex_proxy.operations.request_log.rows import row_of, row_of_answer
from tests.operations.error_log.samples import CLEANING, report
from tests.operations.request_log.samples import answered, failed, redact

GROUP = ErrorGroup(
    signature="s",
    source="server",
    state=GroupState.OPEN,
    kind="timeout",
    upstream="codex",
    model="m",
    shape="in # s",
    message="in 3 s",
    count=2,
    unread_count=1,
    first_seen=0.0,
    last_seen=1.0,
    samples=("req_2", "req_1"),
)
REPORT = kept_report(report(context={"page": "logs"}), CLEANING, at=1.0, version="1", platform="here")


def test_a_group_shows_its_latest_sample() -> None:
    view = group_view(GROUP)
    assert (view.name, view.sample_id, view.first_seen) == ("timeout", "req_2", "1970-01-01T00:00:00.000Z")
    assert (view.sample_stack, view.sample_context, view.state) == (None, None, GroupState.OPEN)
    reported = group_view(msgspec.structs.replace(GROUP, samples=(), latest=REPORT))
    assert (reported.sample_id, reported.sample_context) == (None, {"page": "logs"})
    assert (reported.sample_stack or "").startswith("TypeError")


def test_reports_and_failures_are_entries_of_one_form() -> None:
    entry = entry_of_report("s", REPORT)
    assert (entry.source, entry.error.name, entry.context, entry.version) == (
        "renderer",
        "TypeError",
        {"page": "logs"},
        "1",
    )
    failure = entry_of_row(row_of(failed(), redact))
    assert (failure.source, failure.error.name, failure.context["request_id"]) == ("server", "upstream_error", "req_1")
    refused = entry_of_row(row_of_answer(answered(status=404), redact))
    assert (refused.error.name, refused.error.message) == ("http_404", "")
