"""``codex-proxy usage``: what was used, as a table."""
