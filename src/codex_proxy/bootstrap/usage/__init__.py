"""Usage statistics put together: prices, the record of every exchange, and what is asked of it."""
