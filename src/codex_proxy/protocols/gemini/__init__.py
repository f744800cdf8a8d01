"""Gemini's ``generateContent`` dialect, in both roles."""
