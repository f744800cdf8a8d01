"""What is known of the store itself."""

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, Double, Integer, String, Table

from codex_proxy.storage.sql.tables.metadata import METADATA

STORE_STATE: Final = Table(
    "store_state",
    METADATA,
    Column("id", Integer, CheckConstraint("id = 1", name="single"), primary_key=True, autoincrement=False),
    Column("revision", BigInteger, nullable=False),  # of the last change of an account, in whichever process
    Column("egress_revision", BigInteger, nullable=False),
    Column("sealing_key_id", String, nullable=True),  # what is sealed from now on; none before the first opening
    Column("forgotten_revision", BigInteger, nullable=True),  # of the last account whose removal is forgotten
)

FIRST_STATE: Final = {  # the one row there is
    "id": 1,
    "revision": 0,
    "egress_revision": 0,
    "sealing_key_id": None,
    "forgotten_revision": None,
}

MARKS: Final = Table(
    "marks",
    METADATA,
    Column("name", String, primary_key=True),  # something that is done once in a store's life
    Column("at", Double, nullable=False),
)
