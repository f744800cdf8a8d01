"""What client roles share when they write a request."""
