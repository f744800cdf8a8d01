"""What all tables share: names of constraints, kinds of columns, and where a sealed value is.

Rules of this package: what a column holds is said at the column; a new database gets these tables, and the steps of
``migrations`` make exactly them (tests compare both).  Times are epoch seconds (UTC); a sealed column holds what
``sealing.ring`` made for ``place_of`` its row.  What names an account goes with it.
"""

from typing import Any, Final

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, LargeBinary, MetaData, String

METADATA: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

COUNTING: Final = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER keys count by themselves in SQLite


def account_key(*, primary_key: bool = False, index: bool = False) -> Column[str]:
    """A column that names an account, and goes with it."""
    cascade = ForeignKey("accounts.row_id", ondelete="CASCADE")
    return Column("row_id", String, cascade, primary_key=primary_key, index=index, nullable=False)


def sealed(name: str, *, nullable: bool) -> Column[bytes]:
    """A column that holds what ``sealing.ring`` made for ``place_of`` its row."""
    return Column(name, LargeBinary, nullable=nullable, info={"sealed": True})


def place_of(column: Column[Any], *key: str) -> tuple[str, ...]:
    """Where a sealed value is, from the primary key of its row."""
    return (str(column.table.name), *key, str(column.name))
