"""``codex-proxy keys``: client keys that are handed out."""
