"""Keeping tokens fresh: one exchange at a time per account, on disk before anybody may use it."""
