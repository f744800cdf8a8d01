"""Versions of the official clients: found in their feeds, kept, and shown to the upstream as ours."""
