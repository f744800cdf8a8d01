"""A Gemini vendor's answers as canonical events."""
