"""Puts the Ollama bridge together."""
