"""The request log for its owner."""
