"""The ASGI application that clients talk to."""
