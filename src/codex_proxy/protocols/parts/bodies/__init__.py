"""Bodies that are passed on: a client's own, for an upstream of its dialect."""
