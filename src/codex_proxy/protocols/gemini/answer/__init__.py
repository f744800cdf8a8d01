"""Canonical answers in Gemini's words."""
