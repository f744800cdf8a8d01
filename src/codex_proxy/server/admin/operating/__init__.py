"""Routes about the gateway itself: its metrics, its connections, its updates."""
