"""Keys of third-party vendors."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Double, ForeignKey, Integer, String, Table

from codex_proxy.storage.sql.tables.metadata import METADATA, sealed

VENDOR_KEYS: Final = Table(
    "vendor_keys",
    METADATA,
    Column("row_id", String, primary_key=True),
    Column("vendor", String, nullable=False),
    Column("base_url", String, nullable=False),
    Column("wire", String, nullable=False),
    sealed("secret", nullable=False),
    Column("label", String),
    Column("allow_private", Boolean, nullable=False),
    Column("status", String, nullable=False),
    Column("reason", String),  # what the vendor said last against it
    Column("cooling_until", Double),
    Column("strikes", Integer, nullable=False),
    Column("added_at", Double, nullable=False),
    Column("last_used_at", Double),
    Column("revision", BigInteger, nullable=False, index=True),
)

VENDOR_KEY_MODELS: Final = Table(
    "vendor_key_models",
    METADATA,
    Column("row_id", String, ForeignKey("vendor_keys.row_id", ondelete="CASCADE"), primary_key=True),
    Column("model_id", String, primary_key=True),  # the vendor's own id
    Column("position", Integer, nullable=False),
    Column("display_name", String, nullable=False),
    Column("capabilities", String, nullable=False),  # words with a space between
    Column("enabled", Boolean, nullable=False),
)
