"""Endpoints beside ``responses`` that are answered with one whole body."""
