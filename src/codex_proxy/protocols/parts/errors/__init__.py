"""Failures on the wire: told to clients in OpenAI's words, read from upstreams."""
