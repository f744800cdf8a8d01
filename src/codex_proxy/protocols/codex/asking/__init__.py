"""Calls to the Codex backend: who we are, what we ask, and in which form."""
