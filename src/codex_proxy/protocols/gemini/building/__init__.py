"""Canonical requests as calls to a Gemini vendor."""
