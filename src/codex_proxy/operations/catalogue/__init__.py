"""The models that can be asked for: what the upstream lists for each plan, and where a name leads."""
