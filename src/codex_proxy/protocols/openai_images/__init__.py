"""OpenAI's image endpoints, as a dialect of the server role alone."""
