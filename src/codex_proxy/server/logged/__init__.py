"""Requests noted on their way through the server."""
