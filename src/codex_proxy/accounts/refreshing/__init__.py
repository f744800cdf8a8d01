"""When refresh tokens are spent, and what follows from what the issuer answers."""
