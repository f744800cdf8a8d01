"""Requests and answers of the control plane: bodies, errors."""
