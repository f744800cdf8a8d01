"""Endpoints whose bodies are passed on to a vendor as they are."""
