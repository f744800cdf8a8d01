"""Routes of single dialects, put together."""
