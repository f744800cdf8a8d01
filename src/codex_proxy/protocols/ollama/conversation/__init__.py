"""Messages and tools of the Ollama API, read and written."""
