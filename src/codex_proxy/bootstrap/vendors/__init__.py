"""Third-party vendors, put together."""
