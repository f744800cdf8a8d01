"""Capsules: what is known of one request, in a file that can be given away and played again."""
