"""Scripted vendors: third-party services of four dialects, as a client sees them."""
