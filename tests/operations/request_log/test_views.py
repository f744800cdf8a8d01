"""The log as it is shown."""

import msgspec

from codex_proxy.operations.request_log.rows import row_of
from codex_proxy.operations.request_log.store import Entry
from codex_proxy.operations.request_log.views import record_of, summary_of
from tests.operations.request_log.samples import failed, redact, row, told


def test_a_line_has_the_names_of_the_api() -> None:
    line = msgspec.to_builtins(summary_of(row_of(told(), redact)))
    assert (line["id"], line["requestId"], line["direction"]) == ("req_1", "req_1", "ingress")
    assert (line["ts"], line["ttftMs"], line["tokensPerSecond"]) == ("1970-01-01T00:16:40.000Z", 1000.0, 20.0)
    assert line["usage"]["totalTokens"] == 50
    assert line["costUsd"] is None
    assert summary_of(row()).usage is None


def test_a_record_has_everything() -> None:
    bodies = {"request": {"a": 1}, "answer": {"b": 2}, "calls": [{"c": 3}]}
    whole = record_of(Entry(row=row_of(told(), redact), bodies=bodies))
    assert (whole.request, whole.response, whole.calls) == ({"a": 1}, {"b": 2}, [{"c": 3}])
    assert [attempt["accountId"] for attempt in whole.attempts] == ["a", "b"]
    bare = record_of(Entry(row=row(), bodies=None))
    assert (bare.request, bare.calls, bare.decision, bare.notes) == (None, [], None, [])


def test_a_cost_is_shown_as_it_was_recorded() -> None:
    assert summary_of(row(cost_usd="0.0012")).cost_usd == "0.0012"


def test_where_the_time_went() -> None:
    timing = record_of(Entry(row=row_of(told(), redact), bodies=None)).server_timing
    assert msgspec.to_builtins(timing) == {
        "waitMs": 250.0,
        "earlierMs": 500.0,
        "ttfbMs": 300.0,
        "firstContentMs": 200.0,
    }
    refused = record_of(Entry(row=row_of(failed(), redact), bodies=None)).server_timing
    assert (refused.wait_ms, refused.earlier_ms, refused.ttfb_ms, refused.first_content_ms) == (0.0, 0.0, None, None)
    older = row(attempts='[{"startedMs": 0.0, "durationMs": 5.0}]', first_content_ms=3.0)
    unmeasured = record_of(Entry(row=older, bodies=None)).server_timing
    assert (unmeasured.wait_ms, unmeasured.ttfb_ms, unmeasured.first_content_ms) == (None, None, None)
