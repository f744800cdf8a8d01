"""Recorded exchanges of the Ollama API."""
