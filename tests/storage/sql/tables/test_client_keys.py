"""The tables of client keys."""

from codex_proxy.storage.sql.tables import client_keys
from codex_proxy.storage.sql.tables.every import SEALED_COLUMNS, TABLES


def test_everything_of_a_key_goes_with_it_and_no_secret_is_kept_even_sealed() -> None:
    tables = [table for name, table in vars(client_keys).items() if name.startswith("CLIENT_KEY_")]
    assert len(tables) == 4
    for table in tables:
        (named,) = table.c.key_id.foreign_keys
        assert (named.target_fullname, named.ondelete) == ("client_keys.key_id", "CASCADE")
    assert client_keys in TABLES
    assert not {*client_keys.CLIENT_KEYS.c} & {*SEALED_COLUMNS}
