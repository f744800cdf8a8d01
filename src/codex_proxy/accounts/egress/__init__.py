"""The ways out: which proxy an account leaves through, and what is known of each."""
