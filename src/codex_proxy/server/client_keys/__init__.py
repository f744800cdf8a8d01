"""What the data plane knows of client keys: which routes each may ask, and what it is told of itself."""
