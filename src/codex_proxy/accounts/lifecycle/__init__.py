"""What an account can do now, what happened to it, and what follows: states, hindrances, locks, the verdict."""
