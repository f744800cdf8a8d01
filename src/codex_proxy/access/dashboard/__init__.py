"""Who may look at the dashboard: where a request comes from, passwords, sessions, and how often somebody may guess."""
