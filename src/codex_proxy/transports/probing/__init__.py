"""Connections that are made to see whether they come about."""
