"""Accounts taken in from files and given out into files."""
