"""The request log: what became of each exchange, why it went where it went, and what failures have in common."""
