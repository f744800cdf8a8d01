"""Client keys that the owner hands out: what each may ask for, how fast, and for how much."""
