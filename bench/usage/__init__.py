"""What usage statistics cost."""
