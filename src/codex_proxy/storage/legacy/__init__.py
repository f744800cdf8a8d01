"""Taking over what the Node system kept in the same data directory."""
