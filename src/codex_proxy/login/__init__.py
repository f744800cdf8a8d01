"""How an account's owner logs in and how tokens are renewed."""
