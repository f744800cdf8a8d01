"""Prompts: what one is expected to count, and those that want no answer."""
