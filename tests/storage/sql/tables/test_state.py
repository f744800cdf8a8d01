"""What is known of the store itself."""

import pytest
from sqlalchemy.exc import IntegrityError

from codex_proxy.storage.sql.tables.state import FIRST_STATE, MARKS, STORE_STATE
from tests.storage.sql.tables.scene import count, empty, put


def test_a_store_has_one_state() -> None:
    connection = empty()
    put(connection, STORE_STATE, **FIRST_STATE)
    with pytest.raises(IntegrityError, match="single"):
        put(connection, STORE_STATE, **FIRST_STATE | {"id": 2})
    assert count(connection, STORE_STATE) == 1


def test_a_mark_is_set_once() -> None:
    connection = empty()
    put(connection, MARKS, name="imported", at=1.0)
    with pytest.raises(IntegrityError, match="UNIQUE"):
        put(connection, MARKS, name="imported", at=2.0)
