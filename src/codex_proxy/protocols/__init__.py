"""Dialects: one package per wire protocol, two roles each."""
