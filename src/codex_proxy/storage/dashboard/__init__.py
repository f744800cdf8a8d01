"""Files of the dashboard: its password, and the log of changes."""
