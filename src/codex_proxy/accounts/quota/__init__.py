"""What is known of accounts' limits: counters, their windows, credits, and how they are shown."""
