"""How many tokens a request is: what has to be counted, what goes by rule, and the sum."""
