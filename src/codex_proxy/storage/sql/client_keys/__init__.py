"""Client keys that were handed out, and their ledger, on SQLite or PostgreSQL."""
