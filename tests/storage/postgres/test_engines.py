"""The ways into a PostgreSQL; what they do there is in the stores' suites."""

import pytest

from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.storage.postgres.engines import postgres_engines, postgres_locks_engine


def test_an_address_that_is_none_is_refused_and_not_shown() -> None:
    for make in (postgres_engines, postgres_locks_engine):
        with pytest.raises(StoreUnusable, match="not a URL") as raised:
            make("secret nonsense")
        assert "secret" not in str(raised.value)


async def test_a_password_does_not_show() -> None:
    engines = postgres_engines("postgresql://user:secret@127.0.0.1/accounts")
    assert "secret" not in repr(engines)
    assert engines.name == "PostgreSQL database accounts"
    await engines.close()
