"""Models put together: the packaged table, the owner's own entries, routes and lists."""
