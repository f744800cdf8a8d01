"""The store of accounts on tables."""
