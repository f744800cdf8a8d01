"""``codex-proxy settings``."""
