"""What stands before backend and issuer: who is refused for where it comes from."""
