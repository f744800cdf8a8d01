"""Calls to vendors: to base URLs that a user gave, with a key."""
