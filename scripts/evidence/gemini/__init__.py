"""Evidence for the Gemini dialect: recordings held against google-genai, captured requests, error bodies."""
