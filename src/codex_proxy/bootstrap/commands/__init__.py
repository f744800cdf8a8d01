"""Commands of the owner's that find a gateway which runs."""
