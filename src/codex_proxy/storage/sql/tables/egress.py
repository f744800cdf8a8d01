"""Ways out: cookies, egress proxies, and which account leaves by which."""

from typing import Final

from sqlalchemy import Boolean, Column, Double, Integer, String, Table

from codex_proxy.storage.sql.tables.metadata import METADATA, account_key, sealed

COOKIES: Final = Table(
    "cookies",
    METADATA,
    account_key(primary_key=True),
    Column("egress_id", String, primary_key=True),
    Column("domain", String, primary_key=True),
    Column("path", String, primary_key=True),
    Column("name", String, primary_key=True),
    sealed("value", nullable=False),
    Column("user_agent", String),
    Column("expires_at", Double),
    Column("captured_at", Double, nullable=False),
)

EGRESS_PROXIES: Final = Table(
    "egress_proxies",
    METADATA,
    Column("proxy_id", String, primary_key=True),
    Column("name", String, nullable=False),
    sealed("url", nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("added_at", Double, nullable=False),
    Column("checked_at", Double),
    Column("exit_ip", String),
    Column("latency_ms", Integer),
    Column("error", String),
)

EGRESS_ASSIGNMENTS: Final = Table(
    "egress_assignments",
    METADATA,
    account_key(primary_key=True),
    Column("target", String, nullable=False, index=True),  # a proxy's id or the word of a mode
)
