"""Who is asked in exchanges, put together: the accounts, and the keys of vendors."""
