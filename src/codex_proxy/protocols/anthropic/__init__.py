"""Anthropic Messages: requests, answers, errors and model lists, in both roles."""
