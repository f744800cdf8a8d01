"""Between the store and the accounts in memory: what is read at the start, followed, and written back."""
