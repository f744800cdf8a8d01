"""The process that a gateway runs in."""
