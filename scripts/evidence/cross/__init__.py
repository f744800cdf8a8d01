"""Every recorded answer told to clients of every dialect, and read by their official SDKs."""
