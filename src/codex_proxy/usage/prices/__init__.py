"""Prices of tokens, and what an exchange cost."""
