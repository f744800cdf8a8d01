"""Bytes to frames and back: server-sent events and newline-delimited JSON."""
