"""The simulated model without a script: what it reads from a request and what it answers."""
