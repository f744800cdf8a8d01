"""What the upstream listed, kept from one start to the next."""
