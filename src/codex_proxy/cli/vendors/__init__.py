"""``codex-proxy vendors``: vendors and the keys for them."""
