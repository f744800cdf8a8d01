"""The Ollama API, in both roles."""
