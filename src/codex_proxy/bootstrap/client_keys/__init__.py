"""Handed-out client keys, put together."""
