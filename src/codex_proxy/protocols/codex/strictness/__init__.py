"""What the Codex backend refuses, and in which words."""
