"""Whether a client key may have what it asks for, asked before an exchange and settled at its end."""
