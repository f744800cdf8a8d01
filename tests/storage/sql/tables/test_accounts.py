"""The tables of accounts."""

import pytest
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from codex_proxy.storage.sql.tables.accounts import (
    ACCOUNT_EVENTS,
    ACCOUNTS,
    AFFINITY_HOMES,
    REFRESH_INTENTS,
    REMOVED_ACCOUNTS,
    UPSTREAM_IDENTITIES,
)
from tests.storage.sql.tables.scene import count, empty, put, put_account

OF_AN_ACCOUNT = (REFRESH_INTENTS, ACCOUNT_EVENTS, AFFINITY_HOMES, UPSTREAM_IDENTITIES)


def test_what_an_account_had_goes_with_it_and_nothing_of_others() -> None:
    connection = empty()
    for name in ("a", "b"):
        put_account(connection, name)
        conversation = {"client_key_id": "k", "conversation_id": f"of {name}", "row_id": name, "used_at": 0.0}
        ids = {"session_id": "s", "thread_id": "t", "turn_id": "u", "window_number": 0}
        put(connection, REFRESH_INTENTS, row_id=name, generation=1, digest="d", started_at=0.0, earlier_tries=0)
        put(connection, ACCOUNT_EVENTS, row_id=name, at=0.0, before="x", after="y", reason="r", evidence="{}")
        put(connection, AFFINITY_HOMES, **conversation)
        put(connection, UPSTREAM_IDENTITIES, **conversation, **ids)
    put(connection, REMOVED_ACCOUNTS, row_id="a", revision=2, removed_at=0.0)
    connection.execute(delete(ACCOUNTS).where(ACCOUNTS.c.row_id == "a"))
    for table in OF_AN_ACCOUNT:
        assert connection.execute(select(table.c.row_id)).scalars().all() == ["b"]
    assert count(connection, REMOVED_ACCOUNTS) == 1


def test_an_intent_is_one_and_of_an_account_that_is_there() -> None:
    connection = empty()
    intent = {"generation": 1, "digest": "d", "started_at": 0.0, "earlier_tries": 0}
    with pytest.raises(IntegrityError, match="FOREIGN KEY"):
        put(connection, REFRESH_INTENTS, row_id="nobody", **intent)
    put_account(connection, "a")
    put(connection, REFRESH_INTENTS, row_id="a", **intent)
    with pytest.raises(IntegrityError, match="UNIQUE"):
        put(connection, REFRESH_INTENTS, row_id="a", **intent)
