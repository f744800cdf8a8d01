"""The log as it is shown."""

import msgspec

from codex_proxy.operations.request_log.rows import row_of
from codex_proxy.operations.request_log.store import Entry, ErrorGroup
from codex_proxy.operations.request_log.views import group_view, record_of, summary_of
from tests.operations.request_log.samples import redact, row, told


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


def test_a_group_shows_its_latest_sample() -> None:
    group = ErrorGroup(
        signature="s",
        kind="timeout",
        upstream="codex",
        model="m",
        shape="in # s",
        message="in 3 s",
        count=2,
        first_seen=0.0,
        last_seen=1.0,
        samples=("req_2", "req_1"),
    )
    view = group_view(group)
    assert (view.name, view.sample_id, view.first_seen) == ("timeout", "req_2", "1970-01-01T00:00:00.000Z")
    assert group_view(msgspec.structs.replace(group, samples=())).sample_id is None
