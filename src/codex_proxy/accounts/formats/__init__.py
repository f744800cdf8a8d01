"""Files of accounts: those of other programs and our own, read and written."""
