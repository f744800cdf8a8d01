"""Rows into the log and out of it."""

import sqlite3
from pathlib import Path

import pytest

from codex_proxy.operations.request_log.capturing.capture import Body, Capture, CapturedMessage
from codex_proxy.operations.request_log.store import Retention
from codex_proxy.storage.request_log.file import LOG_FILE, open_log
from codex_proxy.storage.request_log.writing import Batch, clear, read_row, retain, size_of
from tests.operations.request_log.samples import answered, failed, items, redact, told


@pytest.fixture
def connection(tmp_path: Path) -> sqlite3.Connection:
    return open_log(tmp_path / LOG_FILE, now=0.0)


def batch(connection: sqlite3.Connection) -> Batch:
    return Batch(connection, redact, lambda _: None)


def ids(connection: sqlite3.Connection) -> list[str]:
    return [found[0] for found in connection.execute("SELECT request_id FROM exchanges ORDER BY seq")]


def captured(request_id: str) -> Capture:
    body = Body(100_000)
    body.add(b"".join(b"%s %d" % (request_id.encode(), number) for number in range(3_000)))
    return Capture(100_000, 0.0, CapturedMessage(body, method="POST"), CapturedMessage(Body(10)))


def test_an_answer_completes_its_exchange_and_stands_alone_without_one(connection: sqlite3.Connection) -> None:
    rows = batch(connection).write([told("req_1"), answered("req_1", status=201), answered("req_2", status=400)])
    assert [(row.request_id, row.status, row.model_used) for row in rows] == [
        ("req_1", 201, "gpt-5.4"),
        ("req_2", 400, None),
    ]
    assert read_row(connection, "request_id = ?", "req_1") == rows[0]


def test_an_answer_completes_its_exchange_of_an_earlier_batch(connection: sqlite3.Connection) -> None:
    batch(connection).write([told("req_1")])
    rows = batch(connection).write([answered("req_1", status=201, capture=captured("req_1")), told("req_2")])
    assert [(row.seq, row.request_id, row.status) for row in rows] == [(1, "req_1", 201), (2, "req_2", None)]
    assert [read_row(connection, "seq = ?", row.seq) for row in rows] == rows
    assert connection.execute("SELECT seq FROM bodies").fetchall() == [(1,)]


def test_an_exchange_that_is_told_again_stands_there_once_and_with_its_answer(connection: sqlite3.Connection) -> None:
    again = told("req_1", model_used="gpt-5.5")
    rows = batch(connection).write(
        [told("req_1"), told("req_2"), again, answered("req_1", status=201, capture=captured("req_1"))]
    )
    assert [(row.request_id, row.model_used, row.status) for row in rows] == [
        ("req_2", "gpt-5.4", None),
        ("req_1", "gpt-5.5", 201),
    ]
    assert [read_row(connection, "seq = ?", row.seq) for row in rows] == rows
    assert connection.execute("SELECT seq FROM bodies").fetchall() == [(rows[1].seq,)]


def test_u_07_one_client_id_for_two_requests_makes_two_records(connection: sqlite3.Connection) -> None:
    batch(connection).write([told("req_1"), answered("req_1"), told("req_2"), answered("req_2")])
    found = connection.execute("SELECT client_request_id FROM exchanges").fetchall()
    assert found == [("theirs-[redacted]",)] * 2


def test_u_02_failed_requests_and_those_without_tokens_are_records_too(connection: sqlite3.Connection) -> None:
    batch(connection).write([failed("req_1"), told("req_2", usage=None), answered("req_3", status=413)])
    assert ids(connection) == ["req_1", "req_2", "req_3"]


def test_no_group_is_made_where_errors_are_not_kept(connection: sqlite3.Connection) -> None:
    Batch(connection, redact, lambda _: None, keeps_errors=False).write([failed("req_1")])
    assert connection.execute("SELECT count(*) FROM error_groups").fetchone() == (0,)
    assert ids(connection) == ["req_1"]


@pytest.mark.parametrize(
    ("retention", "left"),
    [
        (Retention(count=3), ["req_7", "req_8", "req_9"]),
        (Retention(age_seconds=100.0), []),
        (Retention(age_seconds=3_000.0), [f"req_{number}" for number in range(10)]),
    ],
)
def test_the_oldest_go_by_count_and_by_age(
    connection: sqlite3.Connection, retention: Retention, left: list[str]
) -> None:
    batch(connection).write(items(10))
    retain(connection, retention, now=2_000.0)
    assert ids(connection) == left


def test_the_oldest_go_by_size_with_their_bodies(connection: sqlite3.Connection) -> None:
    names = [f"req_{number}" for number in range(40)]
    batch(connection).write([answered(name, capture=captured(name)) for name in names])
    before = size_of(connection)
    retain(connection, Retention(size_bytes=before // 2), now=1_000.0)
    assert size_of(connection) <= before // 2
    assert ids(connection) == names[-len(ids(connection)) :]
    assert 0 < len(ids(connection)) < 40
    assert connection.execute("SELECT count(*) FROM bodies").fetchone() == (len(ids(connection)),)


def test_clearing_leaves_nothing_in_the_file(connection: sqlite3.Connection, tmp_path: Path) -> None:
    batch(connection).write(items(100))
    assert b"gpt-5.4" in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    clear(connection)
    assert b"gpt-5.4" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert ids(connection) == []


def test_a_batch_is_written_whole_or_not_at_all(connection: sqlite3.Connection) -> None:
    connection.execute(
        "CREATE TRIGGER no BEFORE INSERT ON exchanges WHEN new.request_id = 'req_2' BEGIN SELECT raise(FAIL, 'no'); END"
    )
    with pytest.raises(sqlite3.Error):
        batch(connection).write([told("req_1"), told("req_2")])
    assert ids(connection) == []
