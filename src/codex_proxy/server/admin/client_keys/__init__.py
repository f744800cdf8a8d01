"""Handed-out client keys over HTTP: ``/admin/client-keys`` and below."""
