"""How calls reach an upstream."""
