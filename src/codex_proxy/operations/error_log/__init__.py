"""The error log: failures that are alike, what else was reported, and what the owner thinks of it."""
