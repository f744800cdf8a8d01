"""Commands over the owner's entrance: the dashboard's password and the log of changes."""
