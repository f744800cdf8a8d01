"""Secrets at rest: the keys that seal them, where these are kept, and how they are changed."""
