"""Calls that the Codex backend answers with one whole body."""
