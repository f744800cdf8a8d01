"""Texts as vectors: what is asked for, and what comes back, whatever dialect says it."""
