"""What a gateway that is killed at any moment leaves behind."""
