"""Asking the upstream what an account has used, and resetting it by credit."""
