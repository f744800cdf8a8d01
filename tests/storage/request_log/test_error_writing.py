"""Errors into their groups and out of them."""

import sqlite3
from pathlib import Path

import msgspec
import pytest

from codex_proxy.operations.error_log.reports import kept_report, trouble_of_report
from codex_proxy.operations.error_log.store import GroupState
from codex_proxy.operations.request_log.rows import Trouble
from codex_proxy.storage.request_log.error_writing import (
    MOST_GROUPS,
    MOST_SAMPLES,
    add_report,
    clear_errors,
    count_trouble,
    retain_errors,
    see_errors,
    set_state,
)
from codex_proxy.storage.request_log.file import LOG_FILE, open_log
from codex_proxy.storage.request_log.transaction import Transaction
from codex_proxy.storage.request_log.writing import Batch
from tests.operations.error_log.samples import CLEANING, report
from tests.operations.request_log.samples import failed, redact

PLENTY = 10_000_000


@pytest.fixture
def connection(tmp_path: Path) -> sqlite3.Connection:
    return open_log(tmp_path / LOG_FILE, now=0.0)


def trouble(number: int = 1) -> Trouble:
    return Trouble(
        signature=f"s{number}",
        kind="timeout",
        upstream="codex",
        model="m",
        shape="shape",
        message="x" * 1_000,
        at=float(number),
        request_id=f"req_{number}",
    )


def told(connection: sqlite3.Connection, message: str, *, size_bytes: int = PLENTY) -> None:
    kept = kept_report(report(message), CLEANING, at=9.0, version="1", platform="here")
    add_report(connection, trouble_of_report(kept), kept, size_bytes=size_bytes)


def signatures(connection: sqlite3.Connection) -> list[str]:
    return [found[0] for found in connection.execute("SELECT signature FROM error_groups ORDER BY last_seen")]


def test_groups_count_and_keep_their_latest_samples(connection: sqlite3.Connection) -> None:
    Batch(connection, redact, lambda _: None).write([failed(f"req_{number}") for number in range(MOST_SAMPLES + 2)])
    [(count, samples)] = connection.execute("SELECT count, samples FROM error_groups").fetchall()
    assert count == MOST_SAMPLES + 2
    assert msgspec.json.decode(samples) == ["req_6", "req_5", "req_4", "req_3", "req_2"]


def test_of_reports_a_group_keeps_the_latest(connection: sqlite3.Connection) -> None:
    for number in range(MOST_SAMPLES + 3):
        told(connection, f"number {number}")
    kept = [message for (message,) in connection.execute("SELECT message FROM error_reports ORDER BY id")]
    assert kept == [f"number {number}" for number in range(3, MOST_SAMPLES + 3)]
    assert connection.execute("SELECT count, samples FROM error_groups").fetchall() == [(MOST_SAMPLES + 3, "[]")]


def test_a_state_is_kept_and_only_resolved_opens_again(connection: sqlite3.Connection) -> None:
    count_trouble(connection, trouble())
    for state, after in ((GroupState.RESOLVED, "open"), (GroupState.IGNORED, "ignored")):
        assert set_state(connection, "s1", state)
        count_trouble(connection, trouble())
        assert connection.execute("SELECT state FROM error_groups").fetchone() == (after,)
    assert not set_state(connection, "nobody", GroupState.OPEN)


def test_seen_is_seen_and_cleared_is_gone(connection: sqlite3.Connection) -> None:
    count_trouble(connection, trouble())
    told(connection, "something")
    assert see_errors(connection) == 2
    assert connection.execute("SELECT sum(count - seen_count) FROM error_groups").fetchone() == (0,)
    clear_errors(connection)
    assert see_errors(connection) == 0
    assert connection.execute("SELECT count(*) FROM error_reports").fetchone() == (0,)


def test_the_groups_seen_longest_ago_go_by_number(connection: sqlite3.Connection) -> None:
    with Transaction(connection):
        for number in range(MOST_GROUPS + 3):
            count_trouble(connection, trouble(number))
        retain_errors(connection, size_bytes=PLENTY)
    assert signatures(connection) == [f"s{number}" for number in range(3, MOST_GROUPS + 3)]


def test_the_groups_seen_longest_ago_go_by_size_with_their_reports(connection: sqlite3.Connection) -> None:
    told(connection, "the oldest")
    for number in range(10, 14):
        count_trouble(connection, trouble(number))
    retain_errors(connection, size_bytes=2_500)
    assert signatures(connection) == ["s12", "s13"]
    assert connection.execute("SELECT count(*) FROM error_reports").fetchone() == (0,)


def test_a_report_makes_room_for_itself(connection: sqlite3.Connection) -> None:
    for number in range(4):
        count_trouble(connection, trouble(number))
    told(connection, "new", size_bytes=1_600)
    assert signatures(connection)[:1] == ["s3"]
    assert len(signatures(connection)) == 2
