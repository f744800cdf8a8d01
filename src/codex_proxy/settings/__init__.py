"""Configuration: typed sections, layered sources, and where each value came from."""
