"""The issuer's side of logging in: what is asked of it, what its answers mean, and the Codex CLI's file."""
