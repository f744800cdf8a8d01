"""Whether the gateway is well: what it says of itself, and whether what it needs can be reached."""
