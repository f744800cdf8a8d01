"""The tables."""

from codex_proxy.accounts.keeping import Cookie, EgressProxy
from codex_proxy.accounts.record import AccountRecord, RefreshIntent, Secrets
from codex_proxy.canonical.target import UpstreamIdentity
from codex_proxy.storage.sql.tables.accounts import ACCOUNTS, REFRESH_INTENTS, UPSTREAM_IDENTITIES
from codex_proxy.storage.sql.tables.egress import COOKIES, EGRESS_PROXIES
from codex_proxy.storage.sql.tables.every import METADATA, SEALED_COLUMNS
from codex_proxy.storage.sql.tables.metadata import place_of
from codex_proxy.storage.sql.tables.vendor_keys import VENDOR_KEYS
from codex_proxy.vendors.key import VendorKey


def names(columns: object) -> set[str]:
    return {column.name for column in columns}  # type: ignore[attr-defined]


def test_every_member_has_its_column() -> None:
    derived = {"identity", "has_refresh_token"}
    assert set(AccountRecord.__struct_fields__) - derived <= names(ACCOUNTS.c)
    assert set(Secrets.__struct_fields__) <= names(ACCOUNTS.c)
    assert set(RefreshIntent.__struct_fields__) == names(REFRESH_INTENTS.c)
    assert set(UpstreamIdentity.__struct_fields__) <= names(UPSTREAM_IDENTITIES.c)
    assert set(Cookie.__struct_fields__) == names(COOKIES.c)
    assert set(EgressProxy.__struct_fields__) - {"health"} <= names(EGRESS_PROXIES.c)
    assert set(VendorKey.__struct_fields__) - {"models", "name", "source"} == names(VENDOR_KEYS.c)


def test_every_secret_is_sealed() -> None:
    assert {(column.table.name, column.name) for column in SEALED_COLUMNS} == {
        ("accounts", "access_token"),
        ("accounts", "refresh_token"),
        ("accounts", "id_token"),
        ("accounts", "client_key"),
        ("cookies", "value"),
        ("egress_proxies", "url"),
        ("vendor_keys", "secret"),
    }


def test_every_place_is_another_one() -> None:
    places = {place_of(column, key) for column in SEALED_COLUMNS for key in ("a", "b")}
    assert len(places) == 2 * len(SEALED_COLUMNS)
    assert place_of(ACCOUNTS.c.id_token, "a") == ("accounts", "a", "id_token")


def test_what_names_an_account_goes_with_it() -> None:
    others = {"removed_accounts", "vendor_keys", "vendor_key_models"}
    naming = [table for table in METADATA.sorted_tables if "row_id" in table.c and table.name not in others]
    naming.remove(ACCOUNTS)
    assert len(naming) == 6
    for table in naming:
        (foreign,) = table.c.row_id.foreign_keys
        assert (foreign.column, foreign.ondelete) == (ACCOUNTS.c.row_id, "CASCADE")
