"""Every table, and the revision that they are together."""

from typing import Final

from sqlalchemy import Column, MetaData, PrimaryKeyConstraint, String, Table

from codex_proxy.storage.sql.tables import accounts, client_keys, egress, metadata, state, usage, vendor_keys

METADATA: Final = metadata.METADATA
"""Whole, since the modules of all tables are loaded here."""

SCHEMA_REVISION: Final = "0006"  # of the newest step in ``migrations``, which makes these tables out of earlier ones

TABLES: Final = (accounts, client_keys, egress, state, usage, vendor_keys)
"""Modules whose tables are this program's: loading them is what enters a table in ``METADATA``."""

# Source: Alembic, ``MigrationContext``, which reads and writes it; none of ours, so not one of those it compares.
ALEMBIC_VERSION: Final = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)

SEALED_COLUMNS: Final = tuple(
    column for table in METADATA.sorted_tables for column in table.columns if column.info.get("sealed")
)
