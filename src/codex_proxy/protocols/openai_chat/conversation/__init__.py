"""Chat messages and canonical turns, in both directions."""
