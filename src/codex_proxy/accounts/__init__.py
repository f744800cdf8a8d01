"""The owner's accounts: their states, limits and the choice among them."""
