"""Recorded exchanges of OpenAI's dialects: Chat Completions, Responses and the Codex backend's."""
