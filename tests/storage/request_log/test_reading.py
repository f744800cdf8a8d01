"""What the log is asked for."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from codex_proxy.operations.request_log.capturing.capture import Body, Capture, CapturedMessage
from codex_proxy.operations.request_log.store import LogUnusable, Volume, Wanted
from tests.operations.request_log.samples import answered, failed, told
from tests.storage.request_log.keeping import Log


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    made = Log(tmp_path)
    capture = Capture(10, 0.0, CapturedMessage(Body(10), method="POST"), CapturedMessage(Body(10)))
    made.write(
        [
            told("req_good", client_key_id="mine"),
            answered("req_good", capture=capture),
            failed("req_bad"),
            answered("req_bad", status=502, duration_seconds=9.0),
            answered("req_none", status=400, path="/v1/messages", client_request_id="100% sure"),
            told("req_left", model_asked="other", model_used="other", started_at=2_000.0, attempts=()),
        ]
    )
    yield made
    made.queue.close()


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ({}, ["left", "none", "bad", "good"]),
        ({"status_from": 400, "status_below": 500}, ["none"]),
        ({"status_from": 502, "status_below": 503}, ["bad"]),
        ({"model": "other"}, ["left"]),
        ({"account": "b"}, ["good"]),
        ({"key": "mine"}, ["good"]),
        ({"provider": "codex"}, ["bad", "good"]),
        ({"dialect": "openai_chat", "asked_upstream": True}, ["bad", "good"]),
        ({"failure": "upstream_error"}, ["bad"]),
        ({"min_duration_ms": 5_000.0}, ["bad"]),
        ({"errors_only": True}, ["none", "bad"]),
        ({"since": 1_500.0}, ["left"]),
        ({"until": 1_500.0, "errors_only": True}, ["none", "bad"]),
        ({"search": "BROKE AT"}, ["bad"]),
        ({"search": "/v1/messages"}, ["none"]),
        ({"search": "100% sure"}, ["none"]),
        ({"search": "%"}, ["none"]),
        ({"search": "' OR 1 --"}, []),
    ],
)
def test_rows_are_found_by_what_is_wanted(log: Log, wanted: dict[str, Any], ids: list[str]) -> None:
    page = log.store.page(Wanted(**wanted), limit=50)
    assert [row.request_id for row in page.rows] == [f"req_{each}" for each in ids]
    assert page.total == len(ids)


def test_pages_by_offset_and_by_place(log: Log) -> None:
    second = log.store.page(Wanted(), limit=2, offset=2)
    assert [row.request_id for row in second.rows] == ["req_bad", "req_good"]
    [left, *_] = log.store.page(Wanted(), limit=1).rows
    before = log.store.page(Wanted(before=left.seq), limit=1)
    assert ([row.request_id for row in before.rows], before.total) == (["req_none"], 4)


def test_bodies_come_with_the_one_request(log: Log) -> None:
    good, bad = log.store.entry("req_good"), log.store.entry("req_bad")
    assert good is not None
    assert bad is not None
    assert good.bodies is not None
    assert good.bodies["request"]["method"] == "POST"
    assert bad.bodies is None
    assert log.store.entry("req_nobody") is None


def test_bodies_that_cannot_be_read_are_told(log: Log) -> None:
    log.queue.run(lambda connection: connection.execute("UPDATE bodies SET content = x'00'"))
    with pytest.raises(LogUnusable):
        log.store.entry("req_good")


def test_clearing_forgets_requests_and_no_group(log: Log) -> None:
    assert log.store.volume().row_count == 4
    log.store.clear()
    assert log.store.volume().row_count == 0
    assert len(log.errors.groups()) == 1


def test_a_cost_is_in_rows_and_in_figures(log: Log) -> None:
    costs = {row.request_id: row.cost_usd for row in log.store.page(Wanted(), limit=50).rows}
    assert costs == {"req_good": "0.125", "req_bad": None, "req_none": None, "req_left": "0.125"}
    assert log.store.figures(Wanted()).cost_usd == "0.25"


def test_a_log_that_was_never_written_is_empty(tmp_path: Path) -> None:
    store = Log(tmp_path / "nowhere").store
    assert store.page(Wanted(), limit=1).total == 0
    assert store.volume() == Volume(row_count=0, size_bytes=0)
    assert store.entry("req_1") is None
    assert store.figures(Wanted()).count == 0
