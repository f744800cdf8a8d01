"""The tables, and the stores that keep accounts and what belongs to them in SQLite or PostgreSQL."""
