"""Choosing among accounts: what is asked, who could serve it, in which order, and why."""
