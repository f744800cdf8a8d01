"""The backend's own endpoints: who is let in, and what is answered."""
