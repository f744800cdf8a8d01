"""The tables of usage."""

from sqlalchemy import delete

from codex_proxy.storage.sql.tables.accounts import ACCOUNTS
from codex_proxy.storage.sql.tables.usage import USAGE_BUCKETS, USAGE_EVENTS
from codex_proxy.storage.sql.usage.rows import bucket_rows, event_row
from codex_proxy.usage.buckets import FACTS, SUMS, Span, roll_up
from tests.storage.sql.tables.scene import count, empty, put, put_account
from tests.usage.samples import event


def test_usage_stays_when_its_account_goes() -> None:
    connection = empty()
    put_account(connection, "a")
    told = event(account_id="a")
    put(connection, USAGE_EVENTS, **event_row(told))
    for row in bucket_rows(roll_up([told])):
        put(connection, USAGE_BUCKETS, **row)
    connection.execute(delete(ACCOUNTS))
    assert (count(connection, USAGE_EVENTS), count(connection, USAGE_BUCKETS)) == (1, len(Span) * (2 + len(FACTS)))


def test_every_sum_has_a_column() -> None:
    assert set(SUMS) == {column.name for column in USAGE_BUCKETS.columns if not column.primary_key}
