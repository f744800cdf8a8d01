"""A simulated Codex backend that follows a scenario."""
