"""What stands behind the servers under test, and the bare stack between the two."""
