"""Accounts for their owner: logins, the list and its changes, limits, and why a request went where it went."""
