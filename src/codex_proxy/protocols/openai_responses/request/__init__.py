"""Requests in the Responses dialect: bodies, items and tools, both ways."""
