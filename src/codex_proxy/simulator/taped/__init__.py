"""The backend that repeats what was once answered."""
