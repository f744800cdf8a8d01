"""Third-party keys as their owner sees and changes them."""
