"""Egress proxies: who leaves through which, what became of it, and what the owner changes."""
