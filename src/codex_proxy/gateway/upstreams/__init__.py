"""Who can be asked in an exchange: the ChatGPT accounts, and keys of vendors."""
