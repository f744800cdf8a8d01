"""What the program can do, shown on the simulated backend."""
