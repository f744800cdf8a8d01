"""Third-party vendors put together: what is known of them, the keys for them, and how they are asked."""
