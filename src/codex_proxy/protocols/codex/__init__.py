"""The Codex backend's dialect, built on Responses."""
