"""Vendor keys over HTTP: ``/auth/api-keys`` and below."""
