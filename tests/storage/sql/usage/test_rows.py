"""Records and buckets as rows; that rows come back as what they were is in the contract suite."""

from codex_proxy.storage.sql.tables.usage import USAGE_BUCKETS, USAGE_EVENTS
from codex_proxy.storage.sql.usage.rows import bucket_rows, event_row
from codex_proxy.usage.buckets import Span, roll_up
from tests.usage.samples import HOUR_AT, dollars, event


def test_a_record_fills_every_column() -> None:
    row = event_row(event(cost=dollars("0.000000001"), model="m"))
    assert row.keys() == {column.name for column in USAGE_EVENTS.columns}
    assert (row["cost_nano_usd"], row["model"], row["outcome"]) == (1, "m", "completed")
    assert event_row(event())["cost_nano_usd"] is None


def test_a_bucket_fills_every_column_and_all_together_have_no_facts() -> None:
    rows = list(bucket_rows(roll_up([event(model="m1"), event("f", model="m2")])))
    assert all(row.keys() == {column.name for column in USAGE_BUCKETS.columns} for row in rows)
    days = [row for row in rows if row["span_seconds"] == Span.DAY and row["apart"] in {"", "model", "*"}]
    told = sorted((row["apart"], row["model"], row["client_key_id"], row["request_count"]) for row in days)
    assert told == [
        ("", "", "", 2),
        ("*", "m1", "key", 1),
        ("*", "m2", "key", 1),
        ("model", "m1", "", 1),
        ("model", "m2", "", 1),
    ]
    assert {row["begins_at"] for row in days} == {HOUR_AT}
