"""What leaves the gateway, put together from settings."""
