"""Sections of the settings that have rooms of their own."""
