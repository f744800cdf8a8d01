"""Every store a contract suite runs against."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from codex_proxy.accounts.store import AccountStore
from tests.stores.places import Kept, emptied, in_memory, of, opened, postgres


@pytest.fixture(scope="session")
def postgres_address() -> Iterator[str]:
    """A PostgreSQL that runs for all tests of the session."""
    with postgres() as address:
        yield address


@pytest.fixture(params=["sqlite", "postgres"])
async def database_place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where an empty database may be opened; the data directory is ``tmp_path``."""
    return tmp_path if request.param == "sqlite" else await emptied(request.getfixturevalue("postgres_address"))


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def kept(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Kept]:
    """Empty stores."""
    if request.param == "memory":
        yield in_memory()
        return
    place = tmp_path if request.param == "sqlite" else await emptied(request.getfixturevalue("postgres_address"))
    async with opened(place, folder=tmp_path) as stores:
        assert stores.health.message is None
        yield of(stores)


@pytest.fixture
def accounts(kept: Kept) -> AccountStore:
    """An empty store of accounts."""
    return kept.accounts
