"""A transaction on a connection that begins none by itself."""

import sqlite3

import pytest

from codex_proxy.storage.request_log.transaction import Transaction


def fail(connection: sqlite3.Connection) -> None:
    with Transaction(connection):
        connection.execute("INSERT INTO things VALUES ('undone')")
        connection.execute("INSERT INTO nothing VALUES (1)")


def test_it_is_kept_at_its_end_and_undone_by_an_exception() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("CREATE TABLE things (name TEXT)")
    with Transaction(connection):
        connection.execute("INSERT INTO things VALUES ('kept')")
    with pytest.raises(sqlite3.OperationalError):
        fail(connection)
    assert connection.execute("SELECT name FROM things").fetchall() == [("kept",)]
