"""The settings while the gateway runs: what they must be, who follows them, and the book that changes them."""
