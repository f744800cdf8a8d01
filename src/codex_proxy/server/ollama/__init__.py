"""The Ollama bridge: the Ollama API on a listener of its own."""
