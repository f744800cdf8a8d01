"""What all tables share."""

from sqlalchemy import Column, ForeignKeyConstraint, Index, MetaData, String, Table, UniqueConstraint

from codex_proxy.storage.sql.tables.every import METADATA
from codex_proxy.storage.sql.tables.metadata import account_key, place_of, sealed


def test_every_constraint_and_index_has_a_name_that_a_step_can_call_it_by() -> None:
    for table in METADATA.sorted_tables:
        named: list[Index | UniqueConstraint | ForeignKeyConstraint] = [*table.indexes]
        named += [one for one in table.constraints if isinstance(one, UniqueConstraint | ForeignKeyConstraint)]
        assert all(str(one.name)[:3] in {"ix_", "uq_", "fk_"} for one in named), table.name


def test_a_sealed_column_is_known_by_its_mark_and_its_place_by_the_whole_key() -> None:
    table = Table("t", MetaData(), Column("a", String, primary_key=True), sealed("s", nullable=True))
    assert (table.c.s.info, table.c.a.info, table.c.s.nullable) == ({"sealed": True}, {}, True)
    assert place_of(table.c.s, "x", "y") == ("t", "x", "y", "s")


def test_what_names_an_account_is_never_empty() -> None:
    assert not account_key().nullable
    assert account_key(primary_key=True).primary_key
    assert account_key(index=True).index
