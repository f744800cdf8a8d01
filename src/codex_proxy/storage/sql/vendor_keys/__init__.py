"""Vendor keys on SQLite or PostgreSQL."""
