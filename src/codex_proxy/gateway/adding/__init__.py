"""What the owner adds to the requests of clients."""
