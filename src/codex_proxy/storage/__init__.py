"""Where accounts, keys and usage are kept."""
