"""Usage statistics: the record of every exchange, and what is told of them."""
