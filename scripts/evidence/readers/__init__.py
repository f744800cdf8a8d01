"""Readers of answers that are not ours: the official SDK, and a tolerant one for what it cannot read."""
