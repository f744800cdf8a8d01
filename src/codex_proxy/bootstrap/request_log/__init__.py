"""The request log, put together."""
