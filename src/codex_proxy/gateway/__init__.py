"""Exchanges: one client request over one or more attempts, on ports only."""
