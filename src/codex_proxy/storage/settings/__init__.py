"""The settings' file and what was changed in it."""
