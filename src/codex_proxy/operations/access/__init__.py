"""The dashboard's password, its sessions, and the log of changes."""
