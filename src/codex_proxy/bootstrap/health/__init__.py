"""Health, metrics and diagnostics, put together."""
