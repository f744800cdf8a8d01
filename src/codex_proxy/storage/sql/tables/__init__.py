"""The tables, the same in SQLite and PostgreSQL."""
