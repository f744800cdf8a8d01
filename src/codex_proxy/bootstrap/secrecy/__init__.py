"""What must not be told: the secrets this process knows, and how they are found in texts."""
